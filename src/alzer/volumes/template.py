"""The mean brain that scans are registered to, and where the standard slices lie.

`tools/make_template.py` makes it. Standard space is that of MNI in millimetres, x to
the right, y to the front, z to the head (RAS+). Both halves of the mean brain are
mirror images, so that a scan and its mirror image are treated alike: a header that
swaps left and right can't be detected.
"""

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

# The slices that the model was trained on: how many, and their rows and columns.
SLAB_SHAPE: Final = (32, 208, 176)

_FILE: Final = Path(__file__).with_name("template.npz")


@dataclass(frozen=True)
class Template:
    """The mean brain of many people.

    Attributes:
        values: Brightness, shape (i, j, k), 0 outside of the brain; 1 is white.
        affine: shape (4, 4), from (i, j, k) to standard space.
        slab_affine: shape (4, 4), from (slice, row, column) of the standard slices
            to standard space.
    """

    values: NDArray[np.float32]
    affine: NDArray[np.float64]
    slab_affine: NDArray[np.float64]


def read_template(path: Path) -> Template:
    """Read a template that `tools/make_template.py` wrote."""
    with np.load(path) as file:
        values = file["values"].astype(np.float32) / 255.0
        return Template(values, file["affine"], file["slab_affine"])


@cache
def load_template() -> Template:
    """Return the template that is shipped; read once."""
    return read_template(_FILE)
