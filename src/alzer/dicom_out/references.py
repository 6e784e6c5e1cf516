"""References from results to the images that they come from."""

from collections.abc import Sequence

from pydicom.dataset import Dataset
from pydicom.sequence import Sequence as Items

from alzer.dicom_out.codes import SOURCE_IMAGE
from alzer.dicom_out.series import ImageReference, SourceSeries


def reference(image: ImageReference, frames: Sequence[int] = ()) -> Dataset:
    """Return the reference to a file, or to frames of it.

    Source: PS3.3, Image SOP Instance Reference Macro (table 10-3).

    Args:
        image: Of the source.
        frames: Numbers of the frames that are meant, from 1 on; all if there are none.
    """
    item = Dataset()
    item.ReferencedSOPClassUID = image.sop_class
    item.ReferencedSOPInstanceUID = image.instance
    if frames:
        item.ReferencedFrameNumber = list(frames)
    return item


def source_image(
    image: ImageReference, frames: Sequence[int] = (), *, preserved: bool
) -> Dataset:
    """Return the reference to an image from which something was made.

    Args:
        image: Of the source.
        frames: As for `reference`.
        preserved: Whether what was made lies on its pixels.
    """
    item = reference(image, frames)
    item.PurposeOfReferenceCodeSequence = Items([SOURCE_IMAGE])
    item.SpatialLocationsPreserved = "YES" if preserved else "NO"
    return item


def refer_to_series(dataset: Dataset, series: SourceSeries) -> None:
    """Tell of an object which images it was made from; nothing without a source.

    Source: PS3.3, General Reference (C.12.4) and Common Instance Reference (C.12.2).

    Args:
        dataset: The object; changed.
        series: The source.
    """
    if not series.images:
        return
    dataset.SourceImageSequence = Items(
        [
            source_image(one, frames_of(series, one), preserved=False)
            for one in series.files
        ]
    )
    refer_to_files(dataset, series)


def refer_to_files(dataset: Dataset, series: SourceSeries) -> None:
    """Tell of an object in which series the files are that it refers to."""
    if not series.images:
        return
    item = Dataset()
    item.SeriesInstanceUID = series.series
    item.ReferencedInstanceSequence = Items([reference(one) for one in series.files])
    dataset.ReferencedSeriesSequence = Items([item])


def frames_of(series: SourceSeries, file: ImageReference) -> list[int]:
    """Return the numbers of all frames of a file that were used; none if it has one."""
    same = (one for one in series.images if one.instance == file.instance)
    return [one.frame for one in same if one.frame is not None]
