"""Say whether a slice looks like one of a head at all.

The rules look at the foreground only: one large, roughly elliptical object of
a head's proportions, clear of the picture's edges, with structure inside. They
tell a brain slice from a photograph, not a healthy brain from a tumour.
"""

from alzer.errors import NotBrainLike
from alzer.scans.orientation import StandardView
from alzer.scans.outline import Head, Outline, locate

# Bounds of a plausible slice. Chosen between the extremes over the 6400 slices
# of the OASIS-1 set (docs/decisions/0005-plausibility.md gives both sides).
MIN_SIDE_PIXELS = 32
MIN_AREA_SHARE = 0.12
MAX_AREA_SHARE = 0.92
MIN_ASPECT = 0.55
MIN_ELLIPSE_OVERLAP = 0.80
MIN_LARGEST_SHARE = 0.80
MAX_BORDER_SHARE = 0.25
MIN_STRUCTURE = 0.08
MAX_OUTSIDE_LEVEL = 0.30


def examine(view: StandardView) -> Head:
    """Find the head in a slice and refuse what is no plausible brain slice.

    Args:
        view: One slice.

    Returns:
        The box around the foreground and the measurements of its outline.

    Raises:
        ConstantImage: If all pixels are equal.
        NotBrainLike: If the foreground does not look like a slice of a head;
            the message says which rule failed.
    """
    head = locate(view)
    rows, columns = view.pixels.shape
    if min(rows, columns) < MIN_SIDE_PIXELS:
        message = (
            f"The image has {rows} x {columns} pixels, too few to show a brain; "
            f"send one with at least {MIN_SIDE_PIXELS} rows and columns."
        )
        raise NotBrainLike(message)
    failure = _first_failure(head.outline)
    if failure:
        message = (
            f"This does not look like a brain MRI slice: {failure}. "
            "Send one axial slice showing the whole brain on a dark background."
        )
        raise NotBrainLike(message)
    return head


def _first_failure(outline: Outline) -> str | None:
    """Say in a phrase which rule the outline breaks first, if any."""
    rules = (
        (outline.area_share < MIN_AREA_SHARE, "there is no large bright object"),
        (outline.area_share > MAX_AREA_SHARE, "there is no background around it"),
        (
            outline.border_share > MAX_BORDER_SHARE,
            "the object runs out of the picture",
        ),
        (
            outline.largest_share < MIN_LARGEST_SHARE,
            "there are several separate objects",
        ),
        (outline.aspect < MIN_ASPECT, "the object is too long and thin"),
        (
            outline.ellipse_overlap < MIN_ELLIPSE_OVERLAP,
            "the object's outline is not that of a head",
        ),
        (
            outline.outside_level > MAX_OUTSIDE_LEVEL,
            "the background is not dark",
        ),
        (outline.structure < MIN_STRUCTURE, "there is no structure inside"),
    )
    return next((phrase for broken, phrase in rules if broken), None)
