"""Models that people add: which files they are, and whether these are the right ones.

Nothing here reaches the network; `store/addons.py` fetches them when asked to.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from alzer.errors import AddonUnavailable, DamagedBundle

# Below the data folder.
FOLDER: Final = "models"


@dataclass(frozen=True)
class AddonFile:
    """A file that has to be exactly the one that is meant.

    Attributes:
        name: In the add-on's folder.
        size: In bytes.
        sha256: In hexadecimal digits.
    """

    name: str
    size: int
    sha256: str


@dataclass(frozen=True)
class Addon:
    """A model that does not ship with alzer.

    Attributes:
        name: As commands call it.
        title: What it is, for people.
        licence: Its name; NOTICE holds its text.
        source: Address below which the files lie, ends with a slash.
        files: All that it needs.
    """

    name: str
    title: str
    licence: str
    source: str
    files: tuple[AddonFile, ...]

    def folder(self, data_dir: Path) -> Path:
        """Return where it lies once it is installed."""
        return data_dir / FOLDER / self.name

    def is_installed(self, data_dir: Path) -> bool:
        """Return whether it is there; reading it tells whether it is whole."""
        return self.folder(data_dir).is_dir()


STRUCTURES: Final = Addon(
    name="structures",
    title="brainchop's MeshNet with 30 channels: 17 structures of the brain",
    licence="MIT",
    source="https://raw.githubusercontent.com/neuroneural/brainchop/"
    "4c87885f3a2a8835e260d521dcec922b58d91d41/public/models/model30chan18cls/",
    files=(
        AddonFile(
            "model.json",
            28_638,
            "d28521c0965e452c371314e4b5b4dcef7b19aa91241b17ef894ac24952139701",
        ),
        AddonFile(
            "model.bin",
            784_152,
            "7039651d91c4cee0b7b1ddfe93fe2f5cb9b71d99f5a126fdef407e2a36bb52d4",
        ),
    ),
)

ADDONS: Final[Mapping[str, Addon]] = {STRUCTURES.name: STRUCTURES}


def read_addon(addon: Addon, data_dir: Path) -> dict[str, bytes]:
    """Read the files of an installed add-on.

    Args:
        addon: Which.
        data_dir: The data folder of the settings.

    Returns:
        The contents by name, each the one that is meant.

    Raises:
        AddonUnavailable: If it is not installed.
        DamagedBundle: If a file is missing or another one.
    """
    if not addon.is_installed(data_dir):
        message = (
            f"The add-on {addon.name} is not installed; "
            f"install it with `alzer models fetch {addon.name}`."
        )
        raise AddonUnavailable(message)
    return read_files(addon, addon.folder(data_dir))


def read_files(addon: Addon, folder: Path) -> dict[str, bytes]:
    """Read an add-on's files from any folder.

    Args:
        addon: Which.
        folder: That holds the files; others beside them do no harm.

    Returns:
        The contents by name, each the one that is meant.

    Raises:
        DamagedBundle: If a file is missing, unreadable or another one.
    """
    return {file.name: _read(file, folder / file.name) for file in addon.files}


def _read(file: AddonFile, path: Path) -> bytes:
    message = f"{file.name} is missing or can't be read; fetch the add-on again."
    if not path.is_file():  # a pipe would be waited for
        raise DamagedBundle(message)
    try:
        with path.open("rb") as stream:
            content = stream.read(file.size + 1)
    except OSError as error:
        raise DamagedBundle(message) from error
    check_content(file, content)
    return content


def digest_of(content: bytes) -> str:
    """Return the SHA-256 of a content in hexadecimal digits."""
    return hashlib.sha256(content).hexdigest()


def check_content(file: AddonFile, content: bytes) -> None:
    """Refuse a content that is not the file that is meant.

    Args:
        file: What is meant.
        content: At least its first `size + 1` bytes.

    Raises:
        DamagedBundle: If size or digest differ.
    """
    digest = digest_of(content)
    if len(content) == file.size and digest == file.sha256:
        return
    if len(content) < file.size:
        found = f"ends after {len(content)} of {file.size} bytes"
    elif len(content) > file.size:
        found = f"is longer than {file.size} bytes"
    else:
        found = f"has the SHA-256 {digest}, not {file.sha256}"
    message = f"{file.name} {found}; it was altered, or is of another version."
    raise DamagedBundle(message)
