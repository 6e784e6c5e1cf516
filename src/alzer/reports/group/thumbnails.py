"""Small pictures of scans, for a page that stands alone."""

import io
from typing import Final

from PIL import Image, UnidentifiedImageError

# As wide as three planes of a head are, a pixel for each millimetre.
WIDEST: Final = 520
_QUALITY: Final = 82


def shrink(png: bytes) -> bytes | None:
    """Make a picture small.

    Args:
        png: Of a scan.

    Returns:
        A JPEG file of at most `WIDEST` pixels in width; None if it is no picture.
    """
    try:
        with Image.open(io.BytesIO(png)) as picture:
            small = picture.convert("RGB")
            small.thumbnail((WIDEST, WIDEST))
    except (UnidentifiedImageError, OSError, ValueError):
        return None
    file = io.BytesIO()
    small.save(file, "JPEG", quality=_QUALITY, optimize=True)
    return file.getvalue()
