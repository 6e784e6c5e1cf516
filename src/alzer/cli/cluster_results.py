"""The folder of results that the processes of a cluster write to."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from alzer.cli import bids
from alzer.cli.places import Place, is_remote
from alzer.cli.records import Format
from alzer.cli.results import ResultsFolder

_BIDS_PLACE: Final = ("derivatives", "alzer")


@dataclass(frozen=True)
class RemoteFolder(ResultsFolder):
    """Results behind an address; `path` is empty, and those of files are below it.

    Attributes:
        place: The address.
    """

    place: Place = field(kw_only=True)

    def write(self, path: Path, content: bytes) -> None:
        """Write a file whole or not at all; as there."""
        self.place.write(path.as_posix(), content)

    def text_of(self, path: Path) -> str:
        """Return the address of a file of results; as there."""
        return f"{self.place.url}/{path.as_posix()}"

    def discard(self, path: Path) -> None:
        """Remove a file again; as there."""
        self.place.remove(path.as_posix())


def results_folder(url: str) -> ResultsFolder:
    """Return the folder of results, for whoever writes to it.

    Args:
        url: A folder, or an address such as `s3://bucket/prefix`.

    Returns:
        The folder; nothing is touched yet.

    Raises:
        InvalidRequest: If the address is of no kind whose driver is installed.
    """
    if is_remote(url):
        return RemoteFolder(Path(), Format.jsonl, place=Place(url))
    return ResultsFolder(Path(url), Format.jsonl)


def results_url(output: str, *, is_bids: bool) -> str:
    """Return where the results of a call go.

    Args:
        output: What the call names.
        is_bids: Whether they are BIDS derivatives, which have a folder of their own.

    Returns:
        A folder or an address.
    """
    if not is_remote(output):
        path = Path(output)
        return str(bids.derivative_folder(path) if is_bids else path)
    url = output.rstrip("/")
    if not is_bids or url.split("/")[-2] == _BIDS_PLACE[0]:
        return url
    return "/".join((url, *_BIDS_PLACE))
