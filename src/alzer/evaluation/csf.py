"""A crude measure of fluid in one slice, to hold a model against."""

import numpy as np

from alzer.evaluation.alterations import WHITE_PERCENTILE
from alzer.evaluation.baselines import FLUID_LEVEL
from alzer.scans.outline import Head, believed_range, head_mask

# Of the half axes of the ellipse in the head's box, those of the part that counts:
# outside it lies the fluid that preparations leave or take off as they like.
INNER_SHARE = 0.75


def csf_fraction(head: Head) -> float:
    """Return the share of dark pixels in the inner part of a head.

    It is fluid of ventricles and inner sulci, roughly: cerebrospinal fluid is dark on
    T1-weighted images. Nothing is fitted, so it is the same for everybody.

    Args:
        head: Where the head is, and the slice in its standard view.

    Returns:
        0 to 1.
    """
    pixels = head.view.pixels
    top, left, bottom, right = head.box
    rows, columns = (np.arange(size) + 0.5 for size in pixels.shape)
    down = (2.0 * rows - top - bottom) / (bottom - top)
    across = (2.0 * columns - left - right) / (right - left)
    inner = np.hypot(down[:, None], across[None, :]) < INNER_SHARE
    low, _ = believed_range(pixels)
    white = float(np.percentile(pixels[head_mask(pixels)], WHITE_PERCENTILE))
    dark = pixels < low + FLUID_LEVEL * (white - low)
    return float(dark[inner].mean())
