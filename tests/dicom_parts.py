"""Parts of DICOM files: items of sequences, and data sets without a file around."""

from pydicom.dataset import Dataset
from pydicom.filebase import DicomBytesIO
from pydicom.filewriter import write_dataset
from pydicom.sequence import Sequence


def functional_groups(**macros: Dataset) -> Sequence:
    """Return the functional groups of one frame.

    Args:
        macros: The one item of each macro, by the keyword of its sequence.
    """
    group = Dataset()
    for keyword, item in macros.items():
        setattr(group, keyword, Sequence([item]))
    return Sequence([group])


def item_of(**elements: object) -> Dataset:
    """Return an item of a sequence, with elements by keyword."""
    item = Dataset()
    for keyword, value in elements.items():
        setattr(item, keyword, value)
    return item


def encode_elements(
    dataset: Dataset, *, is_implicit: bool = False, is_little_endian: bool = True
) -> bytes:
    """Encode a data set as it lies in files without prefix and file meta."""
    file = DicomBytesIO()
    file.is_implicit_VR, file.is_little_endian = is_implicit, is_little_endian
    write_dataset(file, dataset)
    return file.getvalue()
