"""What is known of the series that was analysed: its patient, its study, its images.

The values of a patient go from the source's headers into the objects that are written,
and nowhere else: neither into logs nor into messages.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from pydicom import config
from pydicom.datadict import dictionary_VR
from pydicom.dataelem import DataElement
from pydicom.dataset import Dataset
from pydicom.multival import MultiValue
from pydicom.tag import Tag
from pydicom.uid import UID, MRImageStorage, generate_uid
from pydicom.valuerep import VR

from alzer.dicom_out.grid import Grid
from alzer.errors import NotTheScan

# What results have in common with their source.
# Source: PS3.3, Patient (C.7.1.1), General Study (C.7.2.1), Patient Study (C.7.2.2).
CONTEXT: Final = (
    "PatientName", "PatientID", "IssuerOfPatientID", "PatientBirthDate", "PatientSex",
    "PatientIdentityRemoved", "DeidentificationMethod",
    "DeidentificationMethodCodeSequence", "StudyInstanceUID", "StudyDate", "StudyTime",
    "ReferringPhysicianName", "StudyID", "AccessionNumber",
    "IssuerOfAccessionNumberSequence", "StudyDescription", "PatientAge", "PatientSize",
    "PatientWeight",
)  # fmt: skip

# Those that are there even if nobody knows them: type 2.
NOBODY: Final = (
    "PatientName", "PatientID", "PatientBirthDate", "PatientSex", "StudyDate",
    "StudyTime", "ReferringPhysicianName", "StudyID", "AccessionNumber",
)  # fmt: skip

# Everything that is asked of a file, so that no more of it is read.
TAGS: Final = tuple(
    Tag(keyword)
    for keyword in (
        *CONTEXT,
        "SpecificCharacterSet", "SOPClassUID", "SOPInstanceUID", "SeriesInstanceUID",
        "FrameOfReferenceUID", "PositionReferenceIndicator", "Modality", "Rows",
        "Columns", "NumberOfFrames", "PixelSpacing", "SliceThickness", "ImageType",
        "EchoTime", "BurnedInAnnotation", "ImageOrientationPatient",
        "ImagePositionPatient",
        "SharedFunctionalGroupsSequence", "PerFrameFunctionalGroupsSequence",
    )
)  # fmt: skip

# Of values that some files have in a form of their own: they are left out.
# Source: PS3.5 section 6.2.
_FORMS: Final[Mapping[str, re.Pattern[str]]] = {
    VR.AS: re.compile(r"\d{3}[DWMY]"),
    VR.CS: re.compile(r"[A-Z0-9_ ]{1,16}"),
    VR.DA: re.compile(r"\d{8}"),
    VR.DS: re.compile(r"[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?"),
    VR.TM: re.compile(r"\d{2}(\d{2}(\d{2}(\.\d{1,6})?)?)?"),
}

# Each with its sequence among the functional groups, and how many numbers it has.
_MACROS: Final = (
    ("PlaneOrientationSequence", "ImageOrientationPatient", 6),
    ("PlanePositionSequence", "ImagePositionPatient", 3),
    ("PixelMeasuresSequence", "PixelSpacing", 2),
)

_ELSEWHERE: Final = (
    "The DICOM files are not those of the scan that was analysed: their images do not "
    "lie where its slices do. Name the files of that series."
)

_SEVERAL: Final = (
    "The DICOM files hold more than one series where the scan lies, and nothing tells "
    "which of them was analysed. Name the files of that series alone."
)

# What is equal for all images of a stack: of one series, magnitude and phase, or the
# images of several echoes, lie in the same places.
_STACK: Final = ("SeriesInstanceUID", "ImageType", "EchoTime")

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class ImageReference:
    """One image of the source.

    Attributes:
        sop_class: Of its file.
        instance: Its file's identifier.
        frame: Number of its frame in the file, from 1 on; None if the file has but one.
        header: The file's header.
    """

    sop_class: UID
    instance: UID
    frame: int | None
    header: Dataset


@dataclass(frozen=True)
class Place:
    """Where an image lies.

    Attributes:
        frame: Number of its frame in the file, from 1 on; None if the file has but one.
        orientation: Directions of growing column and row index, LPS+, shape (6,).
        position: Of its first pixel, LPS+ millimetres, shape (3,).
        spacing_mm: Between rows and between columns, shape (2,); None if unknown.
    """

    frame: int | None
    orientation: Floats
    position: Floats
    spacing_mm: Floats | None


@dataclass(frozen=True)
class SourceSeries:
    """The series that results refer to.

    Attributes:
        context: Patient and study, as the objects have them.
        series: Identifier of the series; empty without a source.
        frame_of_reference: Where its coordinates begin.
        images: One for each frame of the grid; none without a source.
    """

    context: Dataset
    series: str
    frame_of_reference: UID
    images: tuple[ImageReference, ...] = ()

    @property
    def files(self) -> tuple[ImageReference, ...]:
        """The files of the series: one image of each."""
        return tuple({one.instance: one for one in self.images}.values())

    @property
    def has_burned_in_text(self) -> bool:
        """Whether a file says that an identity may be read in its pixels."""
        told = (one.header.get("BurnedInAnnotation") for one in self.files)
        return any(str(value).strip().upper() == "YES" for value in told)


def no_series() -> SourceSeries:
    """Return what there is to refer to where the source is not at hand.

    Returns:
        A study of its own, of nobody.
    """
    context = Dataset()
    _complete(context)
    return SourceSeries(context, "", new_uid())


def read_series(headers: Sequence[Dataset], grid: Grid | None) -> SourceSeries:
    """Find the images that were analysed among the headers of files.

    Args:
        headers: Of DICOM files, in any order; none if there are none.
        grid: Where the scan lies; None where its file does not say.

    Returns:
        The series of those images.

    Raises:
        NotTheScan: They are not among the files, or those of another series lie there
            as well.
    """
    if not headers:
        return no_series()
    images = tuple(_at_frames(headers, grid) if grid else _only(headers))
    first = images[0].header
    context = context_of(first)
    return SourceSeries(
        context,
        str(first.SeriesInstanceUID),
        UID(first.get("FrameOfReferenceUID") or new_uid()),
        images,
    )


def places_of(header: Dataset) -> list[Place]:
    """Return where the images of a file lie.

    Source: PS3.3, Image Plane (C.7.6.2) and the macros of C.7.6.16.2.

    Args:
        header: Of one image or several.

    Returns:
        One for each image that says so.
    """
    count = int(header.get("NumberOfFrames") or 1)
    shared = _first(header, "SharedFunctionalGroupsSequence")
    groups = header.get("PerFrameFunctionalGroupsSequence") or [None] * count
    found = []
    for number, group in enumerate(groups[:count], 1):
        parts = [one for one in (group, shared) if one is not None]
        values = [_numbers(header, parts, *names) for names in _MACROS]
        orientation, position, spacing_mm = values
        if orientation is not None and position is not None:
            frame = number if count > 1 else None
            found.append(Place(frame, orientation, position, spacing_mm))
    return found


def series_of_files(headers: Sequence[Dataset]) -> SourceSeries:
    """Return the series of files, wherever they lie: of a scan that was refused.

    Args:
        headers: Of DICOM files of one series.

    Returns:
        The series, with one image for each file.
    """
    if not headers:
        return no_series()
    first = headers[0]
    same = [one for one in headers if _series_uid(one) == _series_uid(first)]
    images = tuple(_reference(one, None) for one in same)
    return SourceSeries(
        context_of(first),
        _series_uid(first),
        UID(first.get("FrameOfReferenceUID") or new_uid()),
        images,
    )


def context_of(header: Dataset) -> Dataset:
    """Return patient and study of a file, as UTF-8."""
    context = Dataset()
    for keyword in CONTEXT:
        if keyword in header and _is_usable(keyword, header[keyword].value):
            put(context, keyword, header[keyword].value)
    _complete(context)
    return context


def _is_usable(keyword: str, value: object) -> bool:
    """Return whether a value is there, and of a form that an archive takes."""
    if value in (None, ""):
        return False
    form = _FORMS.get(dictionary_VR(keyword))
    return form is None or form.fullmatch(str(value).strip()) is not None


def put(dataset: Dataset, keyword: str, value: Any) -> None:  # noqa: ANN401 - as DICOM has them
    """Set an element without judging its value: warnings would repeat it."""
    vr = dictionary_VR(keyword)
    if vr == VR.PN and value is not None:
        value = str(value)  # decoded, whatever the character set was
    element = DataElement(Tag(keyword), vr, value, validation_mode=config.IGNORE)
    dataset.add(element)


def new_uid() -> UID:
    """Return an identifier that nothing else has."""
    return generate_uid(prefix=None)


def _complete(context: Dataset) -> None:
    for keyword in NOBODY:
        if keyword not in context:
            put(context, keyword, None)
    if not context.get("StudyInstanceUID"):
        put(context, "StudyInstanceUID", new_uid())


def _series_uid(header: Dataset) -> str:
    return str(header.get("SeriesInstanceUID") or "")


def _reference(header: Dataset, frame: int | None) -> ImageReference:
    return ImageReference(
        UID(header.get("SOPClassUID") or MRImageStorage),
        UID(header.SOPInstanceUID),
        frame,
        header,
    )


def _only(headers: Sequence[Dataset]) -> Iterator[ImageReference]:
    """Return the one image of a slice that does not say where it lies.

    Raises:
        NotTheScan: There are several.
    """
    if len(headers) > 1:
        raise NotTheScan(_ELSEWHERE)
    yield _reference(headers[0], None)


def _at_frames(headers: Sequence[Dataset], grid: Grid) -> list[ImageReference]:
    """Return the image at each frame of a grid, all of one series.

    Of several stacks of that series the first by its elements is taken.

    Raises:
        NotTheScan: A frame has none, or several series have one for each.
    """
    for elements in (_STACK, _STACK[:1]):  # elements of a stack may vary within it
        stacks: dict[tuple[str, ...], list[Dataset]] = {}
        for header in headers:
            key = tuple(str(header.get(each, "")) for each in elements)
            stacks.setdefault(key, []).append(header)
        whole = {key: found for key, of in stacks.items() if (found := _on(of, grid))}
        if len({key[0] for key in whole}) > 1:
            raise NotTheScan(_SEVERAL)
        if whole:
            return whole[min(whole)]
    raise NotTheScan(_ELSEWHERE)


def _on(headers: Sequence[Dataset], grid: Grid) -> list[ImageReference] | None:
    """Return the image at each frame of a grid; None if one has none."""
    placed = [one for header in headers for one in _placed(header, grid)]
    if not placed:
        return None
    places = np.array([place for _, place in placed]).reshape(-1, 3)
    found = [grid.nearest(frame, places) for frame in range(grid.shape[0])]
    return (
        [placed[one][0] for one in found if one is not None]
        if None not in found
        else None
    )


def _placed(header: Dataset, grid: Grid) -> Iterator[tuple[ImageReference, Floats]]:
    """Return the images of a file that lie as a grid does, and their places."""
    if "SOPInstanceUID" in header and "SeriesInstanceUID" in header:
        for one in places_of(header):
            if grid.lies_like(one.orientation):
                yield _reference(header, one.frame), one.position


def _first(dataset: Dataset, keyword: str) -> Dataset | None:
    items = dataset.get(keyword)
    return items[0] if items else None


def _numbers(
    header: Dataset, groups: Iterable[Dataset], macro: str, keyword: str, count: int
) -> Floats | None:
    items = (_first(group, macro) for group in groups)
    for dataset in (*(one for one in items if one is not None), header):
        value = dataset.get(keyword)
        if isinstance(value, MultiValue) and len(value) == count:
            return np.array([float(number) for number in value])
    return None
