"""Which images of a data set a call means."""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from alzer.errors import InvalidRequest

# As filter files name them, by how names of files do.
# Source: BIDS 1.9.0, appendix Entities; PyBIDS, configuration of BIDS entities.
_ENTITIES: Final[Mapping[str, str]] = {
    "subject": "sub",
    "session": "ses",
    "task": "task",
    "acquisition": "acq",
    "ceagent": "ce",
    "reconstruction": "rec",
    "run": "run",
    "echo": "echo",
    "part": "part",
    "chunk": "chunk",
}

# What all T1-weighted images have in common; filter files state it, too.
_FIXED: Final[Mapping[str, frozenset[str]]] = {
    "datatype": frozenset({"anat"}),
    "suffix": frozenset({"T1w"}),
    "extension": frozenset({".nii", ".nii.gz", "nii", "nii.gz"}),
}

_QUERY: Final = "t1w"
_ANY: Final = "*"
_LABEL: Final = re.compile("[A-Za-z0-9+]+")

_NO_FILTER: Final = (
    "The filter file can't be used: {}. It is a JSON object such as "
    '{{"t1w": {{"acquisition": "mprage", "run": 1}}}}.'
)

# What an entity may be: one of these values; None: it must be absent.
Wanted = frozenset[str] | None


@dataclass(frozen=True)
class Selection:
    """Which images are wanted; by default all.

    Attributes:
        participants: Their labels, without `sub-`; none: everybody.
        sessions: Likewise without `ses-`; none: all, also images of no session.
        entities: What other parts of a name have to be, by their short names.
    """

    participants: frozenset[str] = frozenset()
    sessions: frozenset[str] = frozenset()
    entities: Mapping[str, Wanted] = field(default_factory=dict)

    def accepts(self, name: str) -> bool:
        """Check whether an image is wanted.

        Args:
            name: Of its file.
        """
        parts = entities_of(name)
        if self.participants and parts.get("sub") not in self.participants:
            return False
        if self.sessions and parts.get("ses") not in self.sessions:
            return False
        return all(
            _fits(parts.get(entity), wanted) for entity, wanted in self.entities.items()
        )


def choose(
    participants: Iterable[str], sessions: Iterable[str], filters: Path | None
) -> Selection:
    """Make the selection that a call asks for.

    Args:
        participants: Labels, with `sub-` or without.
        sessions: Labels, with `ses-` or without.
        filters: A file as fMRIPrep takes it; of its queries, `t1w` alone counts.

    Returns:
        The selection.

    Raises:
        InvalidRequest: A label or the file can't be used.
    """
    return Selection(
        _labels(participants, "sub-"),
        _labels(sessions, "ses-"),
        {} if filters is None else _read_filters(filters),
    )


def entities_of(name: str) -> dict[str, str]:
    """Return the parts of a file's name, such as `{"sub": "01", "run": "2"}`."""
    pairs = (part.partition("-") for part in name.split("_")[:-1])
    return {key: value for key, _, value in pairs}


def _labels(given: Iterable[str], prefix: str) -> frozenset[str]:
    """Return labels without what all of them begin with.

    Raises:
        InvalidRequest: One is no label.
    """
    labels = frozenset(label.removeprefix(prefix) for label in given)
    if not all(map(_LABEL.fullmatch, labels)):
        message = (
            f"A label consists of letters and digits, such as 01 or {prefix}01. "
            "Give the labels one after another, with spaces between them."
        )
        raise InvalidRequest(message)
    return labels


def _read_filters(path: Path) -> Mapping[str, Wanted]:
    """Return what a filter file asks of T1-weighted images.

    Raises:
        InvalidRequest: It can't be used.
    """
    try:
        told = json.loads(path.read_text("utf-8"))
        query = told.get(_QUERY, {})
        return dict(
            _entity(name, value) for name, value in query.items() if _tells(name, value)
        )
    except OSError as error:
        raise InvalidRequest(_NO_FILTER.format(error.strerror)) from error
    except (ValueError, AttributeError) as error:
        raise InvalidRequest(_NO_FILTER.format("it is no such object")) from error


def _tells(name: str, value: Any) -> bool:  # noqa: ANN401 - any JSON
    """Check whether a part of a query leaves images out.

    Raises:
        InvalidRequest: It leaves all of them out.
    """
    if name not in _FIXED:
        return bool(value != _ANY)
    if _values(value) & _FIXED[name]:
        return False
    raise InvalidRequest(_NO_FILTER.format(f"no T1-weighted image has that {name}"))


def _entity(name: str, value: Any) -> tuple[str, Wanted]:  # noqa: ANN401 - any JSON
    """Return one part of a query.

    Raises:
        InvalidRequest: Names of T1-weighted images have no such part.
    """
    short = _ENTITIES.get(name, name)
    if short not in _ENTITIES.values():
        raise InvalidRequest(_NO_FILTER.format(f"{name!r} is no part of a name"))
    return short, None if value is None else _values(value)


def _values(value: Any) -> frozenset[str]:  # noqa: ANN401 - any JSON
    return frozenset(map(str, value if isinstance(value, list) else [value]))


def _fits(part: str | None, wanted: Wanted) -> bool:
    if part is None or wanted is None:
        return part is None and wanted is None
    return part in wanted or _number(part) in map(_number, wanted)


def _number(text: str) -> str:
    """Return a label; of a number, as `run` has it, without zeros in front."""
    return str(int(text)) if text.isdecimal() else text
