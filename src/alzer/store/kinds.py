"""The kinds of files that are kept, and the names by which they are known."""

import re
import uuid
from dataclasses import dataclass
from enum import Enum
from typing import Final

# Source: RFC 9562, section 5.4 (UUID version 4: 122 random bits).
_UUID: Final = "[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"
_PARTIAL: Final = re.compile(
    rf"\.(heatmap|original|evidence)_{_UUID}(\.png|\.npz)?\.part"
)


class Kind(Enum):
    """What is kept: the folder it is in, and how its names end."""

    HEATMAP = ("heatmaps", "heatmap", ".png")
    ORIGINAL = ("originals", "original", "")
    EVIDENCE = ("evidence", "evidence", ".npz")

    @property
    def folder(self) -> str:
        """The folder's name."""
        return self.value[0]

    def new_name(self) -> str:
        """Make a name that nobody can guess."""
        return f"{self.value[1]}_{uuid.uuid4()}{self.value[2]}"

    def owns(self, name: str) -> bool:
        """Check whether a name is of this kind's form, and so leads nowhere else."""
        pattern = rf"{self.value[1]}_{_UUID}{re.escape(self.value[2])}"
        return re.fullmatch(pattern, name) is not None


@dataclass(frozen=True)
class KeptFile:
    """A file as the storage lists it.

    Attributes:
        path: Where it is in the storage.
        name: The last part of it.
        is_partial: Whether its writing was never finished.
    """

    path: str
    name: str
    is_partial: bool


def is_partial(name: str) -> bool:
    """Check whether a name is that of a file whose writing was never finished."""
    return _PARTIAL.fullmatch(name) is not None
