"""One anatomy, drawn finely, as pictures and NIfTI files (DICOM: `dicom_anatomies`).

The picture is 208 x 176 mm large; in the standard view the face is at the top. Files
without an orientation hold it the other way up, as the training slices do.
"""

import gzip
import io
import itertools
from collections.abc import Callable, Iterator
from functools import cache, partial
from typing import Any, Final

import nibabel
import numpy as np
from numpy.typing import DTypeLike, NDArray
from PIL import Image

from phantoms import as_nifti, as_png16, draw_phantom

Pixels = NDArray[np.float64]
Case = tuple[str, Callable[[], bytes]]

SIZE_MM: Final = (208.0, 176.0)
_FINE: Final = 4


@cache
def _fine() -> Pixels:
    rows, columns = (int(side) * _FINE for side in SIZE_MM)
    pixels = draw_phantom((rows, columns), ventricle=0.12, seed=5).pixels
    narrowed = pixels.copy()  # as heads are: narrower at the front
    kept = np.linspace(0, columns - 1, round(0.9 * columns)).astype(int)
    start = (columns - len(kept)) // 2
    narrowed[: rows // 2] = 0.0
    narrowed[: rows // 2, start : start + len(kept)] = pixels[: rows // 2, kept]
    # What the finest scanner here can't tell apart is the same for all of them.
    side = 2 * _FINE - 1
    kernel = np.bartlett(side + 2)[1:-1]
    for axis in (0, 1):
        narrowed = np.apply_along_axis(
            np.convolve, axis, narrowed, kernel / kernel.sum(), "same"
        )
    return narrowed


@cache
def sample(row_mm: float = 1.0, column_mm: float = 1.0) -> Pixels:
    """Scan the anatomy in its standard view.

    Args:
        row_mm: Distance between rows.
        column_mm: Distance between columns.

    Returns:
        shape (row, column), 0 to 1.
    """
    shape = round(SIZE_MM[0] / row_mm), round(SIZE_MM[1] / column_mm)
    image = Image.fromarray(_fine().astype(np.float32))
    return np.asarray(image.resize(shape[::-1], Image.Resampling.BOX), np.float64)


def back_up(pixels: Pixels) -> Pixels:
    """Turn a picture by 180 degrees, as files without an orientation hold it."""
    return pixels[::-1, ::-1].copy()


def pictures() -> Iterator[Case]:
    """Yield the anatomy in every format of pictures."""
    pixels = back_up(sample())
    plain: tuple[tuple[str, dict[str, Any]], ...] = (
        ("PNG", {}), ("BMP", {}), ("TIFF", {}), ("GIF", {}),
        ("JPEG", {"quality": 95}), ("WEBP", {"lossless": True}),
    )  # fmt: skip
    for kind, options in plain:
        yield kind, partial(_picture, pixels, kind, options)
    yield "PNG of 16 bits", partial(as_png16, pixels, 65535)
    yield "PNG of 12 bits in 16", partial(as_png16, pixels, 4095)
    yield (
        "JPEG in colour",
        partial(_picture, pixels, "JPEG", {"quality": 95}, mode="RGB"),
    )
    yield "TIFF of floats", partial(_tiff, (pixels * 7.5).astype(np.float32))
    yield "turned by 180 degrees", partial(_picture, sample(), "PNG", {})
    for ratio in (0.8, 0.9, 1.1, 1.25):
        yield (
            f"PNG with rows {ratio} apart",
            partial(_png_with_density, ratio),
        )


def _picture(
    pixels: Pixels, kind: str, options: dict[str, Any], mode: str = "L"
) -> bytes:
    file = io.BytesIO()
    grey = Image.fromarray(np.rint(pixels * 255.0).astype(np.uint8))
    grey.convert(mode).save(file, kind, **options)
    return file.getvalue()


def _tiff(pixels: NDArray[np.float32]) -> bytes:
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "TIFF")
    return file.getvalue()


def _png_with_density(ratio: float) -> bytes:
    # Pillow takes dots per inch: across, then down.
    pixels = back_up(sample(ratio, 1.0))
    rows_per_inch = 25.4 * len(pixels) / SIZE_MM[0]
    return _picture(pixels, "PNG", {"dpi": (25.4, rows_per_inch)})


def niftis() -> Iterator[Case]:
    """Yield NIfTI and MGH: all 48 orientations, spacings, types, scalings."""
    for order, flips in itertools.product(
        itertools.permutations(range(3)), itertools.product((1, -1), repeat=3)
    ):
        name = f"NIfTI, axes {order}, {flips}"
        yield name, partial(_reoriented, order, flips)
    for ratio in (0.8, 0.9, 1.1, 1.25):
        yield (
            f"NIfTI with rows {ratio} apart",
            partial(_nifti, np.uint16, 4095, ratio),
        )
    types: tuple[tuple[type, float], ...] = (
        (np.uint8, 255),
        (np.int16, 32767),
        (np.float32, 1),
        (np.float64, 9),
    )
    for kind, top in types:
        yield f"NIfTI of {kind.__name__}", partial(_nifti, kind, top)
    yield "NIfTI, gzipped", partial(_gzipped, partial(_nifti, np.uint16, 4095))
    yield "MGH", partial(_image, nibabel.MGHImage, np.int16, 4095)
    yield "MGZ", partial(_gzipped, partial(_image, nibabel.MGHImage, np.float32, 1))
    yield "NIfTI-2", partial(_image, nibabel.Nifti2Image, np.int16, 4095)
    yield "NIfTI, scaled", partial(_scaled, 0.25, -100.0)
    yield (
        "NIfTI without orientation",
        partial(as_nifti, _values(back_up(sample()), np.uint8, 255), None),
    )


def _gzipped(encode: Callable[[], bytes]) -> bytes:
    return gzip.compress(encode())


def _values(pixels: Pixels, kind: DTypeLike, top: float) -> NDArray[Any]:
    levels = pixels * top
    if np.dtype(kind).kind != "f":
        levels = np.rint(levels)
    return levels.astype(kind).T[:, :, None]


def _affine(row_mm: float) -> NDArray[np.float64]:
    # Columns lead to the left, rows to the back, from one corner of the head.
    return np.array(
        [[-1.0, 0, 0, 88], [0, -row_mm, 0, 104], [0, 0, 5, 10], [0, 0, 0, 1]]
    )


def _image(
    image_class: Callable[..., Any], kind: DTypeLike, top: float, ratio: float = 1.0
) -> bytes:
    pixels = sample(ratio, 1.0)
    affine = _affine(SIZE_MM[0] / len(pixels))
    return bytes(image_class(_values(pixels, kind, top), affine).to_bytes())


def _nifti(kind: DTypeLike, top: float, ratio: float = 1.0) -> bytes:
    return _image(nibabel.Nifti1Image, kind, top, ratio)


def _scaled(slope: float, intercept: float) -> bytes:
    image = nibabel.Nifti1Image(_values(sample(), np.int16, 4095), _affine(1.0))  # type: ignore[no-untyped-call]  # nibabel
    image.header.set_slope_inter(slope, intercept)  # type: ignore[no-untyped-call]  # nibabel
    return bytes(image.to_bytes())


def _reoriented(order: tuple[int, ...], flips: tuple[int, ...]) -> bytes:
    image = nibabel.Nifti1Image(_values(sample(), np.uint8, 255), _affine(1.0))  # type: ignore[no-untyped-call]  # nibabel
    changes = np.array(list(zip(order, flips, strict=True)))
    return bytes(image.as_reoriented(changes).to_bytes())  # type: ignore[no-untyped-call]  # nibabel


def turns() -> Iterator[tuple[str, Callable[[Pixels], Pixels], list[float]]]:
    """Yield the eight ways in which a plane can be stored, with their cosines.

    Yields:
        A name, what it does to the standard view, and ImageOrientationPatient: the
        direction of growing column index, then of growing row index, in LPS+.
    """
    for transposed, up, left in itertools.product((False, True), repeat=3):
        rows = [0.0, -1.0 if up else 1.0, 0.0]
        columns = [-1.0 if left else 1.0, 0.0, 0.0]
        if transposed:
            rows, columns = columns, rows

        def store(
            pixels: Pixels,
            transposed: bool = transposed,  # noqa: FBT001 - bound for the closure
            up: bool = up,  # noqa: FBT001 - likewise
            left: bool = left,  # noqa: FBT001 - likewise
        ) -> Pixels:
            turned = pixels[:: -1 if up else 1, :: -1 if left else 1]
            return (turned.T if transposed else turned).copy()

        name = " ".join(
            word
            for word, done in (
                ("transposed", transposed), ("upside down", up), ("mirrored", left)
            )
            if done
        )  # fmt: skip
        yield name or "as seen", store, [*columns, *rows]
