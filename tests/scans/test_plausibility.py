"""Is it a brain slice?"""

from pathlib import Path

import numpy as np
import pytest

from alzer.errors import ConstantImage, NotBrainLike, UnusableScan
from alzer.scans.formats import read_slice
from alzer.scans.orientation import StandardView, to_standard_view
from alzer.scans.plausibility import examine
from phantoms import draw_phantom


def view_of(pixels: np.ndarray) -> StandardView:
    return StandardView(pixels.astype(np.float32))


@pytest.mark.parametrize("skull", [False, True])
@pytest.mark.parametrize("shape", [(208, 176), (64, 60), (300, 512), (1200, 1000)])
def test_a_brain_passes_and_is_found(shape: tuple[int, int], *, skull: bool) -> None:
    phantom = draw_phantom(shape, skull=skull)

    top, left, bottom, right = examine(view_of(phantom.pixels)).box

    rows, columns = np.nonzero(phantom.pixels > 0.3)
    coarse = max(shape) / 256 + 1
    edges = (rows.min(), columns.min(), rows.max() + 1, columns.max() + 1)
    assert np.abs(np.subtract((top, left, bottom, right), edges)).max() <= coarse


def test_brightness_and_units_do_not_matter() -> None:
    pixels = draw_phantom().pixels

    plain, other = examine(view_of(pixels)), examine(view_of(pixels * 3e4 - 1e4))

    assert plain.box == pytest.approx(other.box, abs=0.01)


def test_a_constant_image_is_named_as_such() -> None:
    with pytest.raises(ConstantImage):
        examine(view_of(np.full((90, 90), 3.0)))


ROWS, COLUMNS = np.indices((120, 120))
RADIUS = np.hypot(ROWS - 59.5, COLUMNS - 59.5)
NOISE = np.random.default_rng(0).random(ROWS.shape)

IMPOSTORS = {
    "too few": draw_phantom((30, 26)).pixels,
    "no large bright object": RADIUS < 8,
    "no background": NOISE + 2.0 - 2.0 * (RADIUS < 1),
    "runs out of the picture": np.where(ROWS > 50, 0.5 + 0.5 * NOISE, 0),
    "several separate": (np.abs(COLUMNS - 30) < 22) & (np.abs(ROWS - 60) < 30)
    | (np.abs(COLUMNS - 90) < 22) & (np.abs(ROWS - 60) < 30),
    "long and thin": (np.abs(ROWS - 60) < 12) & (np.abs(COLUMNS - 60) < 55),
    "outline": (RADIUS < 50) & ((np.abs(ROWS - 60) < 14) | (np.abs(COLUMNS - 60) < 14)),
    "not dark": np.where(RADIUS < 45, 0.3 + 0.6 * NOISE, 0.2 * (ROWS > 0)),
    "no structure": RADIUS < 45,
}  # fmt: skip


@pytest.mark.parametrize("phrase", IMPOSTORS)
def test_what_is_no_brain_is_refused_with_the_reason(phrase: str) -> None:
    with pytest.raises(NotBrainLike, match=phrase):
        examine(view_of(IMPOSTORS[phrase]))


def refused(path: Path) -> bool:
    try:
        examine(to_standard_view(read_slice(path.read_bytes())))
    except UnusableScan:
        return True
    return False


def test_real_slices_pass(data_dir: Path) -> None:
    slices = sorted((data_dir / "oasis1-axial").rglob("*.jpg"))[::16]

    assert len(slices) == 400
    assert sum(map(refused, slices)) <= 2


def test_photographs_and_x_rays_are_refused(data_dir: Path) -> None:
    folders = (data_dir / "ood" / "natural", data_dir / "ood" / "xray")
    others = [path for folder in folders for path in folder.iterdir() if path.is_file()]

    assert sum(map(refused, others)) >= 0.9 * len(others)
