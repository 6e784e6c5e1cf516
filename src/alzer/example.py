"""The drawn slice that ships with alzer, known again wherever it is sent.

`tools/draw_example.py` draws `web/static/example.png`. It is answered as any slice is,
and every answer for it says that it is a drawing.
"""

from hashlib import sha256
from typing import Final

import numpy as np
from numpy.typing import NDArray

EXAMPLE_WARNING: Final = (
    "This is the example that comes with alzer: a drawing, not a scan of a person."
)

EXAMPLE_SHAPE: Final = (208, 176)

# Of its grey levels as bytes, row by row: the same in every format without loss.
_DIGEST: Final = "2d009bfbec256d2bbc13642dc28bbdb49897ed6f3de081d3143fa7bcd8bebb90"


def is_example(pixels: NDArray[np.float32]) -> bool:
    """Return whether a slice is the drawn example.

    Args:
        pixels: On the file's own grid and in its own units, shape (row, column).
    """
    if pixels.shape != EXAMPLE_SHAPE:
        return False
    levels = np.clip(np.rint(pixels), 0.0, 255.0)
    return sha256(levels.astype(np.uint8).tobytes()).hexdigest() == _DIGEST
