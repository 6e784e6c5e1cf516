"""What lies beside a scan and is left out of it, told in one sentence."""

from collections import Counter
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Final

from alzer.errors import NotAnImage, UnusableScan
from alzer.scans.foreign import name_of
from alzer.scans.packing import unpacked_head

# Kinds of files that are named; more would be no help.
_MOST_NAMED: Final = 4

NO_IMAGE: Final = "a DICOM file without an image"
_UNKNOWN: Final = "of no known format"


@dataclass
class LeftOut:
    """Files and images that are not of the scan, counted while it is looked for.

    Attributes:
        images: Slices and pictures beside a volume, and images of series too short
            for one.
        others: Files that hold no image, by what they are, such as `a PDF document`.
        unusable: Files that are empty, damaged, or of a kind that is not read.
        archives: Archives within an archive, which are not opened.
    """

    images: int = 0
    others: Counter[str] = field(default_factory=Counter)
    unusable: int = 0
    archives: int = 0

    def add_file(self, content: bytes, refusal: UnusableScan) -> None:
        """Count a file that can't be of the scan.

        Args:
            content: The file.
            refusal: Why.
        """
        if isinstance(refusal, NotAnImage):
            self.others[name_of(unpacked_head(content)) or _UNKNOWN] += 1
        else:
            self.unusable += 1

    def add_name(self, name: str) -> None:
        """Count a file that is not opened, as its name is that of no image.

        Args:
            name: Its name; only the suffix is repeated.
        """
        suffix = PurePosixPath(name).suffix.lower()
        self.others[f"{suffix} file" if suffix[1:].isalnum() else _UNKNOWN] += 1

    @property
    def kinds(self) -> str:
        """What the files without an image are, the most frequent first."""
        counts = +self.others
        named = [kind for kind, _ in counts.most_common(_MOST_NAMED)]
        more = len(counts) > _MOST_NAMED
        return ", ".join([*named, *["and others"] * more])

    @property
    def sentence(self) -> str:
        """How much was left out beside a scan, and why; empty if nothing was."""
        counts = (
            (self.images, "image{s} of no volume (such as localisers and pictures)"),
            (self.others.total(), f"file{{s}} without an image ({self.kinds})"),
            (self.unusable, "file{s} that can't be used (empty, damaged or unread)"),
            (self.archives, "archive{s} within the archive (not opened)"),
        )
        told = [
            f"{count} {what.replace('{s}', 's' * (count > 1))}"
            for count, what in counts
            if count
        ]
        return f"Left out beside the scan: {'; '.join(told)}." if told else ""
