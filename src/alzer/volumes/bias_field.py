"""The slow change of brightness across a head, which comes from the coils.

The registered template says which brightness belongs where; what a cubic polynomial
adds to that, in logarithms, is the field. Tissue that is elsewhere than in the
template counts little: the fit is robust.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from typing import Final

import numpy as np
from numpy.typing import NDArray

from alzer.scans.volume import Volume
from alzer.volumes.registration import Registration
from alzer.volumes.sampling import (
    Floats,
    Interpolator,
    Matrix,
    grid_points,
    transform_points,
)
from alzer.volumes.shrinking import cut_brain, shrink
from alzer.volumes.template import load_template

_ORDER: Final = 3

# Coordinates of the polynomial: about -1 to 1 within the brain.
_CENTRE_MM: Final = np.array([[0.0], [-18.0], [8.0]])
_HALF_WIDTH_MM: Final = 80.0

# What of the template is tissue, 1 being white, and how dark the scan may be there,
# as a share of its tissue's median: fluid says little of the field.
_TISSUE: Final = 0.5
_LEAST_SHARE: Final = 0.3

# The scan is looked at in this resolution, and at every second point of the template.
_SPACING_MM: Final = 4.0
_STRIDE: Final = 2

_ROUNDS: Final = 6

# With fewer points there is nothing to fit.
_FEWEST_POINTS: Final = 1000


@dataclass(frozen=True)
class BiasField:
    """By how much each place of a head is brighter than it should be.

    Attributes:
        weights: One for each term of the polynomial that the field's logarithm is.
    """

    weights: Matrix

    def at(self, points: Matrix) -> Floats:
        """Compute the field.

        Args:
            points: In standard space, shape (axis = 3, n), millimetres.

        Returns:
            Factors, shape (n,); about 1.
        """
        logarithms = np.zeros(points.shape[1], np.float32)
        for weight, term in zip(self.weights, _terms(points), strict=True):
            logarithms += np.float32(weight) * term
        return np.exp(logarithms)


def estimate_bias_field(
    volume: Volume, mask: NDArray[np.bool_], registration: Registration
) -> BiasField:
    """Compute the field of a scan.

    Args:
        volume: A whole head, T1-weighted.
        mask: True inside its brain, shape (i, j, k); not empty.
        registration: Where standard space lies on it.

    Returns:
        The field; 1 everywhere where there is too little tissue to tell.
    """
    points, expected, found = _read_tissue(volume, mask, registration)
    if found.size < _FEWEST_POINTS:
        return BiasField(np.zeros(len(_powers())))
    contrast = [np.ones_like(expected), expected, expected**2]
    design = np.array([*contrast, *_terms(points)], np.float64)
    weights = _fit_robustly(design, np.log(found))
    return BiasField(weights[len(contrast) :])


def _read_tissue(
    volume: Volume, mask: NDArray[np.bool_], registration: Registration
) -> tuple[Matrix, Matrix, Matrix]:
    """Return places in standard space, the template's values and the scan's there."""
    template, scan = load_template(), shrink(cut_brain(volume, mask), _SPACING_MM)
    expected = template.values[::_STRIDE, ::_STRIDE, ::_STRIDE]
    to_standard = template.affine @ np.diag([_STRIDE, _STRIDE, _STRIDE, 1.0])
    points = transform_points(to_standard, grid_points(expected.shape))
    to_scan = np.linalg.inv(scan.affine) @ registration.to_scan
    found = Interpolator.of(scan.voxels).at(transform_points(to_scan, points))
    tissue = (expected.ravel() > _TISSUE) & (found > 0.0)
    typical = float(np.median(found[tissue])) if tissue.any() else 0.0
    chosen = tissue & (found > _LEAST_SHARE * typical)
    return (
        points[:, chosen],
        expected.ravel()[chosen].astype(np.float64),
        found[chosen].astype(np.float64),
    )


def _fit_robustly(design: Matrix, values: Matrix) -> Matrix:
    """Return weights of least squares, in which outliers count little.

    Source: iteratively reweighted least squares with Cauchy's weights, Holland and
        Welsch 1977, doi:10.1080/03610927708827533.

    Args:
        design: shape (term, n).
        values: shape (n,).
    """
    trust = np.ones_like(values)
    weights = np.zeros(len(design))
    for _ in range(_ROUNDS):
        trusted = design * trust
        solved = np.linalg.lstsq(trusted @ design.T, trusted @ values, rcond=None)
        weights = np.asarray(solved[0], np.float64)
        errors = values - weights @ design
        usual = 1.4826 * float(np.median(np.abs(errors)))
        trust = 1.0 / (1.0 + (errors / max(2.0 * usual, 1e-6)) ** 2)
    return weights


def _powers() -> list[tuple[int, int, int]]:
    """Return the powers of x, y and z in each term; the constant is not among them."""
    every = product(range(_ORDER + 1), repeat=3)
    return [(i, j, k) for i, j, k in every if 0 < i + j + k <= _ORDER]


def _terms(points: Matrix) -> Iterator[Floats]:
    """Yield the polynomial's terms at points in millimetres, each of shape (n,)."""
    scaled = np.asarray((points - _CENTRE_MM) / _HALF_WIDTH_MM, np.float32)
    one = np.ones_like(scaled)
    powers = [one, scaled, scaled * scaled, scaled * scaled * scaled]
    for i, j, k in _powers():
        yield powers[i][0] * powers[j][1] * powers[k][2]
