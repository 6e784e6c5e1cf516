"""How far apart a picture's rows and columns lie, by the densities it declares.

Densities are for printers, and most are defaults: equal ones say nothing. Unequal
ones tell the shape of a pixel; its size only where they are metric.
"""

import math
from dataclasses import dataclass
from typing import Final

from PIL import Image

from alzer.scans.slice import MAX_SPACING_RATIO, PLAUSIBLE_SPACING_MM

# Programs round densities to whole dots.
_EQUAL: Final = 0.005

# Tags 282, 283 and 296 of TIFF 6.0, section 8, which EXIF took over.
_ACROSS, _DOWN, _UNIT = 282, 283, 296
_CENTIMETRE: Final = 3
_INCH_MM: Final = 25.4


@dataclass(frozen=True)
class _Density:
    """Pixels per unit of length.

    Attributes:
        across: From column to column.
        down: From row to row.
        unit_mm: The unit, if it is metric; None if it is none or a printer's.
    """

    across: float
    down: float
    unit_mm: float | None = None

    @property
    def ratio(self) -> float:
        """Height of a pixel over its width."""
        return self.across / self.down


def spacing_of(
    image: Image.Image, data: bytes
) -> tuple[tuple[float, float] | None, tuple[str, ...]]:
    """Return the spacing of a picture whose pixels are not square.

    Args:
        image: Opened by Pillow.
        data: Its file.

    Returns:
        Distance between rows, between columns: in millimetres where the file says
        so in a metric unit, else in units of the smaller one; None if equal, not told
        or not plausible. And a note.
    """
    density = _density(image, data)
    if density is None or abs(density.ratio - 1.0) < _EQUAL:
        return None, ()
    if not 1.0 / MAX_SPACING_RATIO <= density.ratio <= MAX_SPACING_RATIO:
        note = "The file's densities are not plausible; pixels were taken as square."
        return None, (note,)
    ratio = f"{density.ratio:.3g}"
    note = f"By the file's densities, a pixel is {ratio} times as high as wide."
    if density.unit_mm is not None:
        millimetres = density.unit_mm / density.down, density.unit_mm / density.across
        least, most = PLAUSIBLE_SPACING_MM
        if least <= min(millimetres) and max(millimetres) <= most:
            return millimetres, (note,)
    return (max(1.0, density.ratio), max(1.0, 1.0 / density.ratio)), (note,)


def _density(image: Image.Image, data: bytes) -> _Density | None:
    found = _of_header(image, data)
    if found is None or found.across == found.down:
        found = _of_tags(image) or found
    if found is None or not (found.across > 0.0 and found.down > 0.0):
        return None
    return found if math.isfinite(found.ratio) else None


def _of_header(image: Image.Image, data: bytes) -> _Density | None:
    if image.format in {"PNG", "BMP"} and "dpi" in image.info:  # both per metre
        across, down = image.info["dpi"]
        return _Density(float(across), float(down), _INCH_MM)
    if image.format == "PNG" and "aspect" in image.info:
        return _Density(*map(float, image.info["aspect"]))
    if "jfif_density" in image.info:
        unit_mm = 10.0 if image.info.get("jfif_unit") == 2 else None
        across, down = image.info["jfif_density"]
        return _Density(float(across), float(down), unit_mm)
    # Source: GIF89a, section 18: (byte + 15) / 64 is width over height.
    if image.format == "GIF" and data[12]:
        return _Density(64.0, data[12] + 15.0)
    return None


def _of_tags(image: Image.Image) -> _Density | None:
    tags = image.getexif()
    if _ACROSS not in tags or _DOWN not in tags:
        return None
    unit_mm = 10.0 if tags.get(_UNIT) == _CENTIMETRE else None
    return _Density(float(tags[_ACROSS]), float(tags[_DOWN]), unit_mm)
