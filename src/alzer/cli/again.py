"""Scans that were analysed before, found and read again for the same analysis."""

from collections.abc import Sequence

from alzer.cli.inputs import Failure, Input, find_inputs
from alzer.cli.reading import Read, Reader, Unreadable, Whole
from alzer.errors import InvalidRequest
from alzer.scans.slice import Slice
from alzer.scans.volume import Volume
from alzer.settings import Settings


def find_one(names: Sequence[str], series: str | None) -> Input:
    """Find the one scan that a call names.

    Args:
        names: Files and folders.
        series: Which of several DICOM series is meant; None to choose.

    Returns:
        The scan.

    Raises:
        InvalidRequest: They are of no scan, or of several.
    """
    inputs = list(find_inputs(names, frozenset(), apart=series is None))
    if len(inputs) != 1:
        message = (
            f"A bundle is of one scan, and these are {len(inputs)}. Name the files, or "
            "the folder, of one."
        )
        raise InvalidRequest(message)
    return inputs[0]


def read_again(scan: Input, series: str | None, settings: Settings) -> Slice | Volume:
    """Read a scan.

    Args:
        scan: As `find_one` gives it.
        series: As for `find_one`.
        settings: Limits of files and of decoding them.

    Returns:
        The slice, or the whole head.

    Raises:
        InvalidRequest: It can't be read; the message says why.
    """
    with Reader(settings.limits, settings.decoding) as reader:
        (read,) = reader.read([scan])
        return _scan_of(read, reader, series)


def _scan_of(read: Read, reader: Reader, series: str | None) -> Slice | Volume:
    if isinstance(read.outcome, Failure):
        raise InvalidRequest(read.outcome.message)
    if not isinstance(read.outcome, Whole):
        return read.outcome
    try:
        return reader.read_whole(read, series, lambda: None)
    except Unreadable as error:
        raise InvalidRequest(error.failure.message) from error
