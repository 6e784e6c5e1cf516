"""Which images a report rests on: its library, and the evidence that it names."""

from collections.abc import Iterable, Sequence

from highdicom.sr import (
    CodedConcept,
    ContainerContentItem,
    ContentSequence,
    ImageContentItem,
    RelationshipTypeValues,
)
from pydicom.dataset import Dataset
from pydicom.uid import MRImageStorage

from alzer.dicom_out.references import frames_of
from alzer.dicom_out.series import NOBODY, SourceSeries

# Source: PS3.16, TID 1600 and annex D.
_LIBRARY = CodedConcept("111028", "DCM", "Image Library")
_GROUP = CodedConcept("126200", "DCM", "Image Library Group")
_SOURCE = CodedConcept("260753009", "SCT", "Source")


def image_library(
    series: SourceSeries, others: Sequence[Dataset]
) -> ContainerContentItem | None:
    """Return the images that a report refers to.

    Source: PS3.16, TID 1600.

    Args:
        series: The source.
        others: Images that were written of the same analysis.

    Returns:
        The library: a group for each series; None if there are no images.
    """
    groups = [_group(_of_source(series)), _group(_of_results(others))]
    filled = [one for one in groups if one is not None]
    if not filled:
        return None
    library = ContainerContentItem(
        _LIBRARY, relationship_type=RelationshipTypeValues.CONTAINS
    )
    library.ContentSequence = ContentSequence(filled)
    return library


def evidence_of_report(
    series: SourceSeries, others: Sequence[Dataset]
) -> list[Dataset]:
    """Return the objects that a report refers to, of nobody.

    Args:
        series: The source.
        others: As for `image_library`.

    Returns:
        What is asked of them: identifiers, and an empty patient. Without any, one that
        is not referred to, as writers need a study.
    """
    files: list[tuple[str, str, str]] = [
        (one.sop_class, one.instance, series.series) for one in series.files
    ]
    files += [
        (one.SOPClassUID, one.SOPInstanceUID, one.SeriesInstanceUID) for one in others
    ]
    return [_blank(series, *one) for one in files or [(MRImageStorage, "", "")]]


def _blank(
    series: SourceSeries, sop_class: str, instance: str, series_uid: str
) -> Dataset:
    blank = Dataset()
    for keyword in NOBODY:
        setattr(blank, keyword, None)
    blank.StudyInstanceUID = series.context.StudyInstanceUID
    blank.SOPClassUID, blank.SOPInstanceUID = sop_class, instance
    blank.SeriesInstanceUID = series_uid
    return blank


def _of_source(series: SourceSeries) -> Iterable[ImageContentItem]:
    for one in series.files:
        yield _image(one.sop_class, one.instance, frames_of(series, one))


def _of_results(others: Sequence[Dataset]) -> Iterable[ImageContentItem]:
    for one in others:
        yield _image(one.SOPClassUID, one.SOPInstanceUID, [])


def _image(sop_class: str, instance: str, frames: list[int]) -> ImageContentItem:
    return ImageContentItem(
        _SOURCE,
        referenced_sop_class_uid=sop_class,
        referenced_sop_instance_uid=instance,
        referenced_frame_numbers=frames or None,
        relationship_type=RelationshipTypeValues.CONTAINS,
    )


def _group(items: Iterable[ImageContentItem]) -> ContainerContentItem | None:
    listed = list(items)
    if not listed:
        return None
    group = ContainerContentItem(
        _GROUP, relationship_type=RelationshipTypeValues.CONTAINS
    )
    group.ContentSequence = ContentSequence(listed)
    return group
