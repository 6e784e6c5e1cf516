"""From the files of DICOM series to one volume, or to single slices."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final

from alzer.scans.dicom.acceptance import Remarks, check_header
from alzer.scans.dicom.elements import frame_of
from alzer.scans.dicom.parsing import parse
from alzer.scans.dicom.reader import read_dicom
from alzer.scans.grid import check_grid
from alzer.scans.series.choosing import choose, volumes_of
from alzer.scans.series.describing import describe
from alzer.scans.series.geometry import place
from alzer.scans.series.grouping import Stack, group
from alzer.scans.series.images import Image, find_images
from alzer.scans.series.kinds import T1
from alzer.scans.series.voxels import read_voxels
from alzer.scans.sizes import check_voxels
from alzer.scans.slice import Slice
from alzer.scans.volume import Volume
from alzer.settings import Limits

_UNTOLD: Final = "The header does not say whether the scan is T1-weighted."
_ENHANCED: Final = (
    "The header says that a contrast agent was given; the model knows scans without."
)


@dataclass(frozen=True)
class FoundSeries:
    """What DICOM files hold, found by their headers.

    Attributes:
        files: The files, in any order.
        limits: How large they may be.
        images: Their images.
        stacks: Those of series with enough images for a volume.
        count_without_image: How many files hold no image, such as reports.
        notes: How the only file was unpacked.
    """

    files: Sequence[bytes]
    limits: Limits
    images: Sequence[Image]
    stacks: Sequence[Stack]
    count_without_image: int = 0
    notes: tuple[str, ...] = ()

    @property
    def descriptions(self) -> tuple[str, ...]:
        """What each stack is, to choose from."""
        return describe(self.stacks)

    @property
    def count_apart(self) -> int:
        """How many images belong to no volume, such as localisers."""
        return len(self.images) - sum(len(one.images) for one in self.stacks)

    def volume(
        self, series: str | None, others: Sequence[str] = ()
    ) -> Callable[[], Volume]:
        """Choose the volume to read.

        Args:
            series: As for `choose`, as are the others.
            others: What volumes of other formats there are.

        Returns:
            What reads it.
        """
        stack, note = choose(self.stacks, series, others)
        remarks = Remarks(self.notes, (note,) * bool(note))
        return partial(_read, stack, self.files, self.limits, remarks)

    def slices(self) -> list[Callable[[], Slice]]:
        """Return what reads each file as a slice."""
        numbers = sorted({image.file for image in self.images})
        return [partial(read_dicom, self.files[one], self.limits) for one in numbers]


def find_series(files: Sequence[bytes], limits: Limits) -> FoundSeries:
    """Find what DICOM files hold.

    Args:
        files: The files, in any order.
        limits: How large they may be.

    Returns:
        Their images, and the volumes that these may be.
    """
    images, without_image = find_images(files, limits)
    stacks = volumes_of(group(images))
    return FoundSeries(files, limits, images, stacks, without_image)


def _read(
    stack: Stack, files: Sequence[bytes], limits: Limits, before: Remarks
) -> Volume:
    placed = place(stack)
    rows, columns = placed.images[0].shape
    sizes = columns, rows, len(placed.images)
    check_grid(sizes, placed.affine)
    check_voxels(sizes, limits)
    first = placed.images[0]
    dataset = parse(files[first.file], limits).dataset
    remarks = check_header(frame_of(dataset, first.frame or 0))
    untold = (_UNTOLD,) * (stack.kind.t1 is T1.MAYBE)
    enhanced = (_ENHANCED,) * stack.kind.is_enhanced
    values, more = read_voxels(files, placed.images, limits)
    return Volume(
        values.T,
        placed.affine,
        "DICOM",
        (*before.notes, *untold, *placed.notes, *more, *remarks.notes),
        (*before.warnings, *remarks.warnings, *enhanced),
    )
