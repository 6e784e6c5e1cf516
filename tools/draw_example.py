"""Draw the slice that the page offers as an example: nobody's brain.

Where tissue and ventricles lie comes from the mean brain that heads are registered to
(`alzer.volumes.template`), bent a little; the folds of the cortex are drawn from seeded
noise. The file is in the repository, so that everybody has the same one.

    .venv-test/bin/python tools/draw_example.py src/alzer/web/static/example.png
"""

import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from alzer.explain.overlay import encode_png
from alzer.volumes.sampling import Interpolator, grid_points, transform_points
from alzer.volumes.template import SLAB_SHAPE, load_template

Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]

SEED = 11
SLICE = 17  # of the standard slices: the lateral ventricles are large in it

# Grey levels of T1: fluid is dark, white matter bright.
FLUID, GREY, WHITE = 0.12, 0.55, 0.84

FOLD_PIXELS = 7.0  # from fold to fold, about
CORTEX_PIXELS = 3.3
SULCUS_PIXELS = 0.8
REACH_PIXELS = 24.0  # how deep folds go


@dataclass(frozen=True)
class Anatomy:
    """Where things lie in the slice; all of shape (row, column).

    Attributes:
        mean: Brightness of the bent mean brain, 0 to 1.
        brain: True inside the brain.
        depth: Distance from its surface, in pixels.
        off_middle: Distance from the middle between both halves, in pixels.
        rows: Number of the row.
    """

    mean: Floats
    brain: Mask
    depth: Floats
    off_middle: Floats
    rows: Floats

    @property
    def sharp(self) -> Floats:
        """The mean brain with some of its blur undone."""
        blurred = np.asarray(ndimage.gaussian_filter(self.mean, 3.0), np.float64)
        return self.mean + 1.6 * (self.mean - blurred)


def draw_example() -> NDArray[np.uint8]:
    """Draw the slice.

    Returns:
        shape (208, 176), 0 to 255, as slices of the training look: front at the top.
    """
    generator = np.random.default_rng(SEED)
    anatomy = _bend(generator)
    ventricles = _ventricles(anatomy)
    cleft = _cleft(anatomy, ventricles)
    cortex, sulci = _folds(anatomy, cleft, generator)
    nuclei = _step(-anatomy.sharp, -0.80, 0.03) * (anatomy.depth > 28)
    nuclei *= (anatomy.off_middle < 45) & ~cleft
    fluid = _step(-anatomy.sharp, -0.52, 0.03)
    fluid *= ndimage.binary_dilation(ventricles, iterations=2)
    tissue = WHITE - (WHITE - GREY) * np.clip(cortex + 0.45 * nuclei, 0.0, 1.0)
    for dark in (sulci, fluid):
        tissue = tissue * (1.0 - dark) + FLUID * dark
    return _scan(ndimage.gaussian_filter(tissue, 0.55), anatomy, generator)


def _scan(
    tissue: Floats, anatomy: Anatomy, generator: np.random.Generator
) -> NDArray[np.uint8]:
    """Add what a scanner adds: an uneven field and noise."""
    field = 1.0 + 0.05 * (anatomy.rows / len(tissue) - 0.5)
    noisy = tissue * field + generator.normal(0.0, 0.02, tissue.shape)
    shown = np.where(anatomy.brain, np.clip(noisy, 0.02, 1.0), 0.0)
    return np.rint(255.0 * shown).astype(np.uint8)


def _bend(generator: np.random.Generator) -> Anatomy:
    """Bend a slice of the mean brain: nobody has two equal halves."""
    template = load_template()
    to_template = np.linalg.inv(template.affine) @ template.slab_affine
    points = transform_points(to_template, grid_points(SLAB_SHAPE))
    slab = Interpolator.of(template.values).at(points).reshape(SLAB_SHAPE)
    down, across = (_waves(generator, 14.0) for _ in range(2))
    rows, columns = np.indices(SLAB_SHAPE[1:]).astype(np.float64)
    places = [rows + down, columns + across]
    mean = ndimage.map_coordinates(slab[SLICE].astype(np.float64), places, order=1)
    brain = ndimage.binary_fill_holes(mean > 0.33)
    depth = ndimage.distance_transform_edt(brain)
    off_middle = np.abs(columns + across - (SLAB_SHAPE[2] - 1) / 2.0)
    return Anatomy(mean, brain, depth, off_middle, rows)


def _waves(generator: np.random.Generator, sigma: float) -> Floats:
    """Return smooth noise with a standard deviation of about 1."""
    noise = generator.standard_normal(SLAB_SHAPE[1:])
    smooth = np.asarray(ndimage.gaussian_filter(noise, sigma), np.float64)
    return np.asarray(smooth * sigma * 2.0 * np.sqrt(np.pi))


def _step(values: Floats, at: float | Floats, width: float) -> Floats:
    """Return 0 well below a value and 1 well above it."""
    return np.asarray(1.0 / (1.0 + np.exp(-(values - at) / width)))


def _ventricles(anatomy: Anatomy) -> Mask:
    """Find what is dark in the middle of the brain, in large pieces."""
    rows = (anatomy.rows > 55) & (anatomy.rows < 152)
    inner = (anatomy.sharp < 0.58) & (anatomy.depth > 24) & (anatomy.off_middle < 48)
    pieces, count = ndimage.label(inner & rows)
    sizes = ndimage.sum(inner, pieces, range(1, count + 1))
    return np.isin(pieces, 1 + np.flatnonzero(sizes > 120))


def _cleft(anatomy: Anatomy, ventricles: Mask) -> Mask:
    """Find the cortex on both sides of the cleft between the halves."""
    is_grey = ndimage.gaussian_filter(anatomy.mean, 1.5) < 0.78
    ends = (anatomy.rows < 80) | (anatomy.rows > 148)
    away = ~ndimage.binary_dilation(ventricles, iterations=4)
    return np.asarray(is_grey & (anatomy.off_middle < 22) & ends & away)


def _folds(
    anatomy: Anatomy, cleft: Mask, generator: np.random.Generator
) -> tuple[Floats, Floats]:
    """Draw the cortex along winding lines, and the fluid in the sulci.

    Returns:
        How much of each there is, shape (row, column), 0 to 1.
    """
    depth = anatomy.depth
    distance = _to_lines(anatomy.brain, generator)
    distance = np.where(cleft, np.minimum(distance, anatomy.off_middle), distance)
    distance = np.minimum(distance, depth - 1.0)
    reach = REACH_PIXELS * (1.0 + 0.35 * _waves(generator, 10.0))
    inside = _step(-ndimage.gaussian_filter(anatomy.mean, 1.0), -0.78, 0.03)
    near = np.maximum(_step(-depth, -reach, 2.5), inside * ((depth < 45) | cleft))
    cortex = _step(-distance, -CORTEX_PIXELS * near, 0.5) * near
    narrower = np.clip(1.3 - depth / (1.2 * REACH_PIXELS), 0.35, 1.0)
    sulci = _step(-distance, -SULCUS_PIXELS * near, 0.35) * near * narrower
    return cortex, sulci


def _to_lines(brain: Mask, generator: np.random.Generator) -> Floats:
    """Return about how far each pixel is from winding lines, in pixels."""
    noise = generator.standard_normal(brain.shape)
    fine, coarse = (
        ndimage.gaussian_filter(noise, FOLD_PIXELS * part) for part in (0.42, 0.9)
    )
    band = fine - coarse
    slope = np.hypot(*np.gradient(band))
    return np.asarray(np.abs(band) / np.maximum(slope, 0.35 * slope[brain].mean()))


def main() -> None:
    """Write the file."""
    Path(sys.argv[1]).write_bytes(encode_png(draw_example()))


if __name__ == "__main__":
    main()
