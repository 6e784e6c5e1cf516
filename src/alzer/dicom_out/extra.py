"""What needs the extra 'dicom', loaded when it is needed."""

from importlib import import_module
from typing import Any, Final

from alzer.errors import DicomUnavailable

HOW_TO_GET_DICOM: Final = (
    "DICOM objects need highdicom: install alzer's extra 'dicom' (pip install -c "
    "constraints.txt -e '.[dicom]')."
)


def load_writers() -> Any:  # noqa: ANN401 - a module, loaded when it is needed
    """Load what writes DICOM objects.

    Returns:
        The module `alzer.dicom_out.objects`.

    Raises:
        DicomUnavailable: highdicom is not installed.
    """
    try:
        return import_module("alzer.dicom_out.objects")
    except ModuleNotFoundError as error:
        raise DicomUnavailable(HOW_TO_GET_DICOM) from error
