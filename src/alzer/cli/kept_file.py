"""Files that are written whole or not at all."""

from contextlib import suppress
from pathlib import Path

from alzer.errors import StorageUnavailable


def keep_file(path: Path, content: bytes) -> None:
    """Write a file whole or not at all; an earlier one gives way.

    Args:
        path: Of the file.
        content: Of it.

    Raises:
        StorageUnavailable: It can't be written.
    """
    partial = path.with_name(f".{path.name}.part")
    try:
        partial.write_bytes(content)
        partial.replace(path)
    except OSError as error:
        with suppress(OSError):
            partial.unlink(missing_ok=True)
        message = f"The file can't be written ({error.strerror}). Choose another -o."
        raise StorageUnavailable(message) from error
