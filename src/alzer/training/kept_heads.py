"""Whole heads that were prepared once: their standard slices, kept in a file each."""

import io
import json
import zipfile
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

import numpy as np

from alzer.scans.slice import Slice
from alzer.training.files import write_whole
from alzer.volumes.quality import Verdict

# Slices are asked for in the order of their heights, so those of a person's visits
# in turns; more heads than a person has visits need not be in memory.
_HEADS_IN_MEMORY: Final = 8

_FORMAT: Final = "standard slice"


@dataclass(frozen=True)
class Outcome:
    """What came of preparing one head.

    Attributes:
        verdict: `failed` if it may not be used.
        reasons: Why it is not `good`, as sentences.
    """

    verdict: Verdict
    reasons: tuple[str, ...]


def keep_head(path: Path, outcome: Outcome, slices: list[Slice]) -> None:
    """Keep what came of preparing a head.

    Args:
        path: The file to write.
        outcome: The verdict.
        slices: The standard slices; none of a head that may not be used.

    Raises:
        StorageUnavailable: If the file can't be written.
    """
    about = {"verdict": outcome.verdict, "reasons": outcome.reasons}
    arrays: dict[str, Any] = {"about": np.array(json.dumps(about))}
    if slices:
        arrays["pixels"] = np.stack([one.pixels for one in slices])
        arrays["affines"] = np.stack([np.asarray(one.affine) for one in slices])
    content = io.BytesIO()
    np.savez_compressed(content, **arrays)
    write_whole(path, content.getvalue())


def read_outcome(path: Path) -> Outcome | None:
    """Read what came of preparing a head.

    Args:
        path: As given to `keep_head`.

    Returns:
        The verdict; None if nothing is kept, or the file is damaged.
    """
    try:
        # Opened here: of a damaged file NumPy would leave it open.
        with path.open("rb") as file, np.load(file, allow_pickle=False) as kept:
            about = json.loads(str(kept["about"]))
        return Outcome(about["verdict"], tuple(about["reasons"]))
    except (OSError, EOFError, KeyError, ValueError, zipfile.BadZipFile):
        return None


def read_kept_slice(path: Path, position: int) -> Slice:
    """Read one standard slice of a head.

    Args:
        path: As given to `keep_head`.
        position: Its number, from below.

    Returns:
        The slice, exactly as it was kept.
    """
    return _slices(path)[position]


@lru_cache(_HEADS_IN_MEMORY)
def _slices(path: Path) -> tuple[Slice, ...]:
    with np.load(path, allow_pickle=False) as kept:
        pixels, affines = kept["pixels"], kept["affines"]
    return tuple(
        Slice(one, _FORMAT, display_range=(0.0, 255.0), affine=affine)
        for one, affine in zip(pixels, affines, strict=True)
    )
