"""From the files of DICOM series to one volume, or to single slices."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Final

from alzer.scans.dicom.acceptance import check_header
from alzer.scans.dicom.elements import frame_of
from alzer.scans.dicom.parsing import parse
from alzer.scans.dicom.reader import read_dicom
from alzer.scans.grid import check_grid
from alzer.scans.series.choosing import choose, volumes_of
from alzer.scans.series.geometry import place
from alzer.scans.series.grouping import Stack, group
from alzer.scans.series.images import find_images
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


def find_scans(
    files: Sequence[bytes], limits: Limits, series: str | None
) -> Callable[[], Volume] | list[Callable[[], Slice]]:
    """Find what DICOM files hold.

    Args:
        files: The files, in any order.
        limits: How large they may be.
        series: Which series to read: its number in the list of those that are there,
            or its identifier; None to choose.

    Returns:
        What reads the volume; or, if no series has enough images for one, what reads
        the slice of each file.
    """
    images = find_images(files, limits)
    stacks = volumes_of(group(images))
    if not stacks:
        numbers = sorted({image.file for image in images})
        return [partial(read_dicom, files[number], limits) for number in numbers]
    stack, note = choose(stacks, series)
    left_out = len(images) - sum(len(one.images) for one in stacks)
    notes = (note,) * bool(note)
    if left_out:
        note = (
            f"{left_out} images that belong to no volume (such as localisers) were "
            "left out."
        )
        notes = (*notes, note)
    return partial(_read, stack, files, limits, notes)


def _read(
    stack: Stack, files: Sequence[bytes], limits: Limits, notes: tuple[str, ...]
) -> Volume:
    placed = place(stack)
    rows, columns = placed.images[0].shape
    sizes = columns, rows, len(placed.images)
    check_grid(sizes, placed.affine)
    check_voxels(sizes, limits)
    first = placed.images[0]
    dataset = parse(files[first.file], limits).dataset
    remarks = check_header(frame_of(dataset, first.frame or 0))
    notes = (*notes, *([_UNTOLD] if stack.kind.t1 is T1.MAYBE else []))
    enhanced = (_ENHANCED,) * stack.kind.is_enhanced
    values, more = read_voxels(files, placed.images, limits)
    return Volume(
        values.T,
        placed.affine,
        "DICOM",
        (*notes, *placed.notes, *more, *remarks.notes),
        (*remarks.warnings, *enhanced),
    )
