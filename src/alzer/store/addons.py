"""Install models that people add: fetched or copied, whole or not at all."""

import shutil
import tempfile
from collections.abc import Mapping
from http.client import HTTPException
from pathlib import Path
from typing import Final
from urllib.error import HTTPError
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

from alzer.errors import AddonUnavailable, StorageUnavailable
from alzer.store.permissions import fsync_path, make_folder
from alzer.store.writing import write_whole
from alzer.volumes.addon import Addon, AddonFile, check_content

# Without a byte for so long the download is given up.
_SILENCE_S: Final = 30.0


def download(addon: Addon) -> dict[str, bytes]:
    """Fetch an add-on's files; nothing is written.

    Args:
        addon: Which.

    Returns:
        The contents by name, each the one that is meant.

    Raises:
        AddonUnavailable: If a file can't be fetched.
        DamagedBundle: If what came is another file.
    """
    contents = {}
    for file in addon.files:
        try:
            content = _get(addon.source + file.name, file)
        except (OSError, HTTPException) as error:  # URLError is an OSError
            raise AddonUnavailable(_not_fetched(addon, file, error)) from error
        check_content(file, content)
        contents[file.name] = content
    return contents


def _get(url: str, file: AddonFile) -> bytes:
    """Return what is at an address, at most one byte more than is meant.

    Raises:
        HTTPError: If the server has none.
    """
    request = Request(url, headers={"User-Agent": "alzer"})  # noqa: S310 - the add-on's own, in code
    try:
        with urlopen(request, timeout=_SILENCE_S) as answer:  # noqa: S310 - as above  # nosec B310
            content: bytes = answer.read(file.size + 1)
    except HTTPError as error:
        error.close()  # it is the answer too
        raise
    return content


def _not_fetched(addon: Addon, file: AddonFile, error: Exception) -> str:
    """Return what to tell when a file could not be fetched, and what else would do."""
    host = urlsplit(addon.source).hostname
    if isinstance(error, HTTPError):
        reason = f"{host} answered {error.code}"
    else:
        reason = f"{host} can't be reached"
    names = " and ".join(each.name for each in addon.files)
    return (
        f"{file.name} could not be fetched: {reason}. Try again later, or copy {names} "
        f"from {addon.source} on another machine, and call "
        f"`alzer models fetch {addon.name} --from` with the folder that holds them."
    )


def install(addon: Addon, contents: Mapping[str, bytes], data_dir: Path) -> Path:
    """Put an add-on into the data folder; one that is there is replaced.

    Args:
        addon: Which.
        contents: Of its files, checked.
        data_dir: The data folder of the settings.

    Returns:
        The add-on's folder.

    Raises:
        StorageUnavailable: If it can't be written; what was there before stays.
    """
    target = addon.folder(data_dir)
    try:
        make_folder(target.parent)
        aside = Path(tempfile.mkdtemp(prefix=f".{addon.name}-", dir=target.parent))
        try:
            _write(contents, aside / "new")
            _exchange(target, aside)
        finally:
            shutil.rmtree(aside, ignore_errors=True)
    except OSError as error:
        message = (
            f"The add-on {addon.name} could not be written to the data folder: "
            f"{error.strerror or 'it can not be used'}."
        )
        raise StorageUnavailable(message) from error
    return target


def _write(contents: Mapping[str, bytes], folder: Path) -> None:
    make_folder(folder)
    for name, content in contents.items():
        write_whole(folder / name, content)
        fsync_path(folder / name)


def _exchange(target: Path, aside: Path) -> None:
    """Move what is new to its place, and what was there aside.

    Raises:
        OSError: The failure; what was there is back.
    """
    old, new = aside / "old", aside / "new"
    if target.exists():
        target.rename(old)
    try:
        new.rename(target)
    except OSError:
        if old.exists():
            old.rename(target)
        raise
    fsync_path(target.parent)
