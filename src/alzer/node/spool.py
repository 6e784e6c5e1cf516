"""What has come in and what is to be sent, on the disk: nothing of it gets lost.

::

    key                      the secret behind all names
    incoming/                files on their way in; what is left there was not promised
    series/NAME/state.json   how far the series is; whole, or as it was before
    series/NAME/instances/   what came in
    series/NAME/results/     what is to be sent; all of it, or the folder is not there

Names of series and files are pseudonyms. One process has a spool, and one lock guards
every change of it.
"""

import fcntl
import os
import shutil
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO, Final, Self

from alzer.errors import InvalidRequest, StorageUnavailable, TooManyBytes
from alzer.node.durable import name_file, write_aside, write_durably
from alzer.node.instance import Instance, body_of
from alzer.node.pseudonyms import open_pseudonyms
from alzer.node.series import MARK, Series, load_all, remove_files, saving
from alzer.node.states import SeriesState, Stage
from alzer.settings import Limits
from alzer.store.permissions import fsync_path, make_folder, open_private

SERIES: Final = "series"
_LOCK: Final = "lock"

_FULL: Final = "The node has no room for more now. Send it again later."
TOO_LARGE: Final = "The series is larger than the node takes."
_TAKEN: Final = (
    "Another node uses this spool. End it, or set ALZER_NODE_SPOOL to another folder."
)


class Spool:
    """All series that are known; used from any thread.

    Args:
        folder: Where it is; it is made for this account alone.
        limits: How large a series may be.
        min_free_bytes: What stays free on its disk.

    Raises:
        InvalidRequest: Another process has it.
        StorageUnavailable: It can't be used.
    """

    def __init__(
        self, folder: Path, limits: Limits | None = None, min_free_bytes: int = 0
    ) -> None:
        self.lock = threading.RLock()
        self._folder = folder
        self._limits = limits or Limits()
        self._min_free_bytes = min_free_bytes
        with saving():
            for one in (folder, self._incoming, folder / SERIES):
                make_folder(one)
            self._held = _hold(folder / _LOCK)
            self.pseudonyms = open_pseudonyms(folder)
            for left in self._incoming.iterdir():
                left.unlink()
            self._series = {one.name: one for one in load_all(folder / SERIES)}

    @property
    def most_files(self) -> int:
        """How many files a series may have."""
        return self._limits.max_files

    @property
    def _incoming(self) -> Path:
        return self._folder / "incoming"

    def close(self) -> None:
        """Let another process have it."""
        self._held.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def all(self) -> list[Series]:
        """Return the series, the one that waits longest first."""
        with self.lock:
            return sorted(self._series.values(), key=lambda one: one.changed_at)

    def name_of(self, study: str, series: str) -> str:
        """Return the pseudonym of a series.

        Args:
            study: UID of its study.
            series: Its UID.
        """
        return self.pseudonyms.of(study, series)

    def find(self, name: str) -> Series | None:
        """Return a series by its pseudonym; None if nothing of it has come."""
        return self._series.get(name)

    def keep(self, instance: Instance) -> Series:
        """Keep an object: when this returns, it is on the disk itself.

        One that is there already changes nothing, however often it comes.

        Args:
            instance: The object.

        Returns:
            Its series.

        Raises:
            StorageUnavailable: There is no room.
            TooManyBytes: The series is too large.
        """
        self._check_room(len(instance.content))
        with saving():
            aside = write_aside(self._incoming, instance.content)
            try:
                with self.lock:
                    return self._place(instance, aside)
            finally:
                aside.unlink(missing_ok=True)

    def _check_room(self, size: int) -> None:
        """Check that the disk has room.

        Raises:
            StorageUnavailable: It has not.
        """
        with saving():
            free = shutil.disk_usage(self._folder).free
        if free < self._min_free_bytes + size:
            raise StorageUnavailable(_FULL)

    def _place(self, instance: Instance, aside: Path) -> Series:
        name = self.name_of(instance.study, instance.series)
        file = self.pseudonyms.of(instance.uid)
        series = self._series.get(name) or Series(name, self._folder / SERIES / name)
        path = series.instances / (file + MARK)
        if file in series.sizes and _is_same(path, instance.content):
            if series.state.stage is Stage.collecting:
                series.changed_at = time.monotonic()
            return series
        sizes = {**series.sizes, file: len(instance.content)}
        self._check_size(series, sizes)
        make_folder(series.instances)
        # First the state: whoever sends this again after an end finds it the same, and
        # what was done with the series before would be the last word.
        series.set(series.state.with_image())
        name_file(aside, path)
        series.sizes, series.changed_at = sizes, time.monotonic()
        self._series[name] = series
        return series

    def _check_size(self, series: Series, sizes: Mapping[str, int]) -> None:
        """Check that a series may be so large; if not, what is there is no answer's.

        Raises:
            TooManyBytes: It may not.
        """
        is_large = sum(sizes.values()) > self._limits.max_scan_bytes
        if is_large or len(sizes) > self.most_files:
            if series.sizes and not series.state.is_too_large:
                state = series.state.with_image()
                series.set(replace(state, is_too_large=True))
            raise TooManyBytes(TOO_LARGE)

    def read(self, series: Series) -> dict[str, bytes]:
        """Read what came in of a series, by the pseudonyms of its objects."""
        with saving():
            return {
                name: (series.instances / (name + MARK)).read_bytes()
                for name in sorted(series.sizes)
            }

    def keep_results(
        self, series: Series, files: Sequence[bytes], state: SeriesState
    ) -> None:
        """Keep what is to be sent, and that it is; both or neither.

        Args:
            series: Whose results they are.
            files: DICOM files.
            state: Of the series from now on.

        Raises:
            StorageUnavailable: They can't be kept.
        """
        with saving():
            made = series.folder / f"{series.results.name}.part"
            shutil.rmtree(made, ignore_errors=True)
            make_folder(made)
            for number, content in enumerate(files):
                write_durably(made / f"{number}{MARK}", content)
            with self.lock:
                shutil.rmtree(series.results, ignore_errors=True)
                made.rename(series.results)
                fsync_path(series.folder)
                series.set(state)

    def read_results(self, series: Series) -> list[bytes]:
        """Read what is to be sent of a series."""
        with saving():
            return [one.read_bytes() for one in sorted(series.results.iterdir())]

    def change(self, series: Series, **values: object) -> None:
        """Change some of a series' state.

        Args:
            series: Which.
            **values: By the names of `SeriesState`.

        Raises:
            StorageUnavailable: It can't be kept, and stays as it is.
        """
        with saving(), self.lock:
            series.set(replace(series.state, **values))  # type: ignore[arg-type]  # by name

    def empty(self, series: Series) -> None:
        """Delete the files of a series; that it was there is remembered."""
        with saving(), self.lock:
            series.set(replace(series.state, is_emptied=True))
            remove_files(series.folder)
            series.sizes = {}

    def forget(self, series: Series) -> None:
        """Delete all that is known of a series."""
        with saving(), self.lock:
            del self._series[series.name]
            shutil.rmtree(series.folder)


def _hold(path: Path) -> BinaryIO:
    """Hold a lock until the process ends, however it does.

    Raises:
        InvalidRequest: Another process holds it.
    """
    file = os.fdopen(open_private(str(path), os.O_RDWR | os.O_CREAT), "wb")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        file.close()
        raise InvalidRequest(_TAKEN) from error
    return file


def _is_same(path: Path, content: bytes) -> bool:
    return body_of(path.read_bytes()) == body_of(content)
