"""Slices of an average brain: what fills an area in, and what any brain's map is like.

They are cut from the mean of many people that heads are registered to
(`alzer.volumes.template`), so that a model's bundle need hold no picture of anybody.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from alzer.explain.faithfulness import Checker, Reference
from alzer.explain.field import Floats, head_in
from alzer.model.engine import Model
from alzer.model.preparation import InputSpec, prepare
from alzer.scans.orientation import to_standard_view
from alzer.scans.outline import locate
from alzer.scans.slice import Slice
from alzer.volumes.sampling import Interpolator, grid_points, transform_points
from alzer.volumes.template import SLAB_SHAPE, load_template

# Of the standard slices, which lie a millimetre apart.
_EVERY: Final = 4


def average_inputs(spec: InputSpec) -> Floats:
    """Bring standard slices of the average brain to the network's input.

    Args:
        spec: What the network expects.

    Returns:
        shape (slice, row, column), from below upwards, standardised.
    """
    template = load_template()
    count, rows, columns = SLAB_SHAPE
    chosen = np.arange(_EVERY // 2, count, _EVERY)
    affine = template.slab_affine @ np.diag([float(_EVERY), 1.0, 1.0, 1.0])
    affine[:, 3] += chosen[0] * template.slab_affine[:, 0]
    to_template = np.linalg.inv(template.affine) @ affine
    shape = (len(chosen), rows, columns)
    points = transform_points(to_template, grid_points(shape))
    slices = Interpolator.of(template.values).at(points).reshape(shape)
    return np.stack(
        [_prepare(each, affine, index, spec) for index, each in enumerate(slices)]
    )


def _prepare(
    pixels: Floats, affine: NDArray[np.float64], index: int, spec: InputSpec
) -> Floats:
    flat = affine[:, [1, 2, 0, 3]].copy()
    flat[:, 3] += index * affine[:, 0]
    scan = Slice(pixels * np.float32(255.0), "mean brain", (0.0, 255.0), affine=flat)
    view = to_standard_view(scan)
    head = locate(view)
    return np.asarray(prepare(head.view, head.box, spec).pixels[0])


def make_checker(model: Model) -> Checker:
    """Return what checks the maps of a model.

    What a class's map is like on average is the mean of the maps that the network makes
    of the average brain.

    Args:
        model: Is asked in exact arithmetic: small differences count.

    Returns:
        The checker; it took the model as many inputs as there are slices here.
    """
    donors = average_inputs(model.spec)
    average = model.run_exactly(donors[:, None]).maps.mean(axis=0)
    heads = np.stack([head_in(each) for each in donors])
    reference = Reference(donors, heads, average)
    return Checker(model.run_exactly, reference, model.spec.cell_stride)
