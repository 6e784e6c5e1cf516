"""Under which licence a model may be used."""

from importlib.metadata import PackageNotFoundError, distribution
from typing import Final

from alzer.model.bundle import Bundle, load_bundle, shipped_bundle

APACHE: Final = "Apache-2.0"
NOT_STATED: Final = "not stated"

_APACHE_NOTE: Final = (
    "Licensed under the Apache License, Version 2.0: "
    "http://www.apache.org/licenses/LICENSE-2.0\n"
)


def is_shipped(bundle: Bundle) -> bool:
    """Return whether a model is the one that ships."""
    return bundle.sha256 == load_bundle(shipped_bundle()).sha256


def usual_licence(bundle: Bundle) -> str:
    """Return the licence of the model that ships; of others nothing is known.

    Args:
        bundle: The model.
    """
    return APACHE if is_shipped(bundle) else NOT_STATED


def licence_text(licence: str) -> str:
    """Return the text of a licence, as far as it is at hand.

    Args:
        licence: Its name.
    """
    if licence != APACHE:
        return f"Licence of this model: {licence}.\n"
    try:
        return distribution("alzer").read_text("licenses/LICENSE") or _APACHE_NOTE
    except PackageNotFoundError:
        return _APACHE_NOTE
