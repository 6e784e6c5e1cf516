"""Reading one small scan of each kind, so that nothing is left to be imported."""

import contextlib
import importlib
from typing import Final

from alzer.errors import UnusableScan
from alzer.scans.formats import FORMATS, read_slice
from alzer.scans.reading import File, read_scan
from alzer.scans.samples import draw_volumes

# Imported within functions of these libraries, some only for odd files.
_NEEDED_LATER: Final = (
    "encodings.idna",
    "encodings.latin_1",
    "gdcm",
    "numpy.ma",
    "pydicom.charset",
    "pydicom.encoders",
    "pydicom.sequence",
)


def preload_codecs() -> None:
    """Read them all; what they hold does not matter."""
    for name in _NEEDED_LATER:
        with contextlib.suppress(ImportError):
            importlib.import_module(name)
    for file in (b"no image", *(file for row in FORMATS for file in row.samples())):
        with contextlib.suppress(UnusableScan):
            read_slice(file)
    for files in draw_volumes():
        with contextlib.suppress(UnusableScan):
            read_scan(map(File, files))
