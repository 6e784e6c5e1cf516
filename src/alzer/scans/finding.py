"""Which scans files hold, by their headers, and which of them is meant."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING, Final

from alzer.errors import NotAnImage, SeveralSeries, UnusableScan
from alzer.limits import Limits
from alzer.scans.left_out import NO_IMAGE, LeftOut
from alzer.scans.listing import CHOOSE, listed, taken
from alzer.scans.recognition import Recognised
from alzer.scans.reduction import reduce_slice
from alzer.scans.slice import Slice
from alzer.scans.volume import Volume

if TYPE_CHECKING:
    from alzer.scans.series.reader import FoundSeries

Read = Callable[[], Slice | Volume]

_DICOM: Final = "DICOM"


@dataclass
class Found:
    """What files hold, by their headers.

    Attributes:
        left_out: What is left out beside a volume is counted here.
        volumes: What reads each volume that is not of DICOM files.
        descriptions: What each of these is.
        slices: What reads each slice.
        series: The volumes that DICOM files hold, if there are any.
    """

    left_out: LeftOut
    volumes: list[Read] = field(default_factory=list)
    descriptions: list[str] = field(default_factory=list)
    slices: list[Read] = field(default_factory=list)
    series: "FoundSeries | None" = None

    def all(self) -> list[Read]:
        """Return what reads each volume, of DICOM series the one that is meant.

        Returns:
            The volumes; if there is none, the slices.
        """
        if self.series is None and not self.volumes:
            return self.slices
        self.left_out.images += len(self.slices)
        if self.series is None:
            return self.volumes
        return [*self.volumes, self.series.volume(None, self.descriptions)]

    def choose(self, asked: str | None) -> list[Read]:
        """Return what reads the volume that is meant.

        Args:
            asked: Its number in the list of all, counted from 1, or the identifier of
                a DICOM series; None if there is only one, or one DICOM series is the
                T1-weighted scan of a head.

        Returns:
            That volume; if there is none, the slices.

        Raises:
            SeveralSeries: Which one is meant is not sure.
        """
        found, others = self._listed(), len(self.volumes)
        if asked is None and others and len(found) > 1:
            message = (
                f"The files hold {len(found)} volumes, and one is answered at a time; "
                f"{CHOOSE}, in the order of the files. {listed(found)}"
            )
            raise SeveralSeries(message, found)
        if asked is None or len(found) == others <= 1:
            return self.all()
        self.left_out.images += len(self.slices)
        first = len(found) - others
        for index, read in enumerate(self.volumes, first):
            if asked == str(index + 1):
                return [partial(_read, read, warnings=(taken(index, found),))]
        if self.series is None:
            message = f"There is no volume of that number. {listed(found)}"
            raise SeveralSeries(message, found)
        return [self.series.volume(asked, self.descriptions)]

    def _listed(self) -> tuple[str, ...]:
        of_series = () if self.series is None else self.series.descriptions
        return (*of_series, *self.descriptions)


def find(recognised: Sequence[Recognised], limits: Limits, left_out: LeftOut) -> Found:
    """Find the scans that files hold.

    Args:
        recognised: The files; one that repeats another counts once, if it is a volume.
        limits: How large they may be.
        left_out: Takes what holds no image.

    Returns:
        What there is; nothing is decoded.
    """
    found = Found(left_out)
    seen: set[bytes] = set()
    for one in recognised:
        if one.known.label == _DICOM:
            continue
        reader = one.known.read_scan or one.known.read
        read = partial(_read, partial(reader, one.data, limits), one.notes)
        description = _describe(one)
        if description is None:
            found.slices.append(read)
        elif one.data not in seen:
            seen.add(one.data)
            found.volumes.append(read)
            found.descriptions.append(description)
    _add_dicom(found, [one for one in recognised if one.known.label == _DICOM], limits)
    return found


def _add_dicom(found: Found, files: Sequence[Recognised], limits: Limits) -> None:
    if not files:
        return
    # pydicom takes longer to import than a picture to be analysed.
    from alzer.scans.series.reader import find_series  # noqa: PLC0415 - see above

    notes = files[0].notes if len(files) == 1 else ()
    try:
        series = find_series([one.data for one in files], limits)
    except NotAnImage:  # such as a report
        if not found.slices and not found.volumes:
            raise
        found.left_out.others[NO_IMAGE] += len(files)
        return
    found.left_out.others[NO_IMAGE] += series.count_without_image
    if series.stacks:
        found.series = replace(series, notes=notes)
        found.left_out.images += series.count_apart
    else:
        found.slices += [partial(_read, read, notes) for read in series.slices()]


def _describe(file: Recognised) -> str | None:
    """Describe the volume in a file; None if it holds a slice."""
    try:
        description = file.known.describe(file.data)
    except UnusableScan as refusal:  # told when it is read
        return f"{file.known.label}, unusable ({refusal.code})"
    if description is None:
        return None
    return f"{description}, a file of {len(file.data) / 2**20:.2g} MiB"


def _read(
    read: Read, notes: tuple[str, ...] = (), warnings: tuple[str, ...] = ()
) -> Slice | Volume:
    scan = read()
    if isinstance(scan, Slice):
        scan = reduce_slice(scan)
    return replace(
        scan, notes=(*notes, *scan.notes), warnings=(*warnings, *scan.warnings)
    )
