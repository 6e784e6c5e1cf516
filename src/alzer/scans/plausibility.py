"""Check whether a slice looks like one of a head, and what was done to it.

Three kinds of findings. Where no answer makes sense, the slice is refused. Where
one can be given but not relied on (the skull is on, the picture is squashed), the
head carries a doubt; what should only be known (text, a frame) is a warning.

The rules look at outline and brightness. They tell a brain slice from a photograph,
not a healthy brain from a tumour.
"""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from alzer.errors import NotBrainLike
from alzer.scans import content, covering, drawing, lettering
from alzer.scans.foreground import Foreground
from alzer.scans.frame import find_frame
from alzer.scans.orientation import StandardView
from alzer.scans.outline import Head, trace
from alzer.scans.shape import Outline

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
MAX_REPETITION = 0.78

# Beyond these a slice is answered, but not reliably; the same page gives both sides.
MAX_SKULL_DIP = 0.28
MAX_CAVITY = 0.7
MIN_LIKELY_ASPECT = 0.71
MAX_LIKELY_ASPECT = 0.86
MAX_TILT_DEGREES = 20.0
MAX_SIDE_SHARE = 0.27
MAX_CONSTANT_SHARE = 0.003
MAX_SHARP_EDGE = 0.19
MAX_SMOOTH_EDGE = 0.24
MAX_DARK_CORNER = 0.085
MAX_GAP = 0.125
MAX_DRAWN_LINES = 36
MAX_SHARP_SHARE = 0.075
MIN_MIRROR_DIFFERENCE = 0.02
MAX_RIM_RATIO = 1.05
MAX_BACKGROUND_RANGE = 0.045
MAX_BACKGROUND_NOISE = 0.004
MAX_FILM_LEVEL = 0.07

# From here on it is said that there may be text.
MIN_LETTERS = 3
MIN_STROKES = 11
MIN_BLACK_LINES = 10

# A page or margin fills nearly all of the border, and is bright and even.
MIN_PAGE_SHARE = 0.8
MIN_PAGE_LEVEL = 0.5
MAX_PAGE_RANGE = 0.1

# What fills more of the box around it is a rectangular picture; an ellipse fills 0.79.
MIN_RECTANGLE_FILL = 0.9

INVERTED = (
    "The picture looks inverted: the background is bright and the head dark. "
    "Invert its grey levels and send it again."
)
ON_A_PAGE = (
    "The slice lies on a bright page or has a bright margin; "
    "crop the picture to the slice and send it again."
)
SEVERAL_SLICES = "The picture shows several slices; send one slice at a time."

SKULL = (
    "The skull is still on, and the model was trained on brains without it; "
    "send a slice from which skull and scalp were removed."
)
COVERED = (
    "A box or another shape of one grey level covers a part of the head; "
    "send the slice without it."
)
INCOMPLETE = "A part of the head is missing, or covered in black; send the whole slice."
DRAWN = (
    "Lines, marks or text of one grey level are drawn over the head; "
    "send the slice without them."
)
NOISY = (
    "The head, or a part of it, is much noisier than slices are; "
    "send the slice as it was exported."
)
MIRRORED = (
    "The two halves of the head are exact mirror images, which no head has; "
    "send the slice as it was exported."
)
CUT_OFF = "The head runs out of the picture; send the whole slice."
ROUND = (
    "The head is rounder than axial slices are, as in a picture that was squashed; "
    "send it with its proportions unchanged."
)
NARROW = (
    "The head is narrower than axial slices are, as in a picture that was stretched "
    "or shows another plane; send an axial slice with its proportions unchanged."
)
TILTED = (
    "The head lies on its side, is tilted or is shown in another plane; send an axial "
    "slice with the front or the back of the head at the top."
)
OTHER_CONTRAST = (
    "The rim of the brain is brighter than its inside, as in a picture that is "
    "inverted or not T1-weighted; send a T1-weighted slice as it was exported."
)
PHOTOGRAPH = (
    "The background is uneven or noisy, as in a photograph of a screen or a print; "
    "export the slice itself and send that."
)

FRAMED = (
    "The picture has a bright frame or margin, which was left out; "
    "crop it to see exactly what was analysed."
)
TEXT_BESIDE = (
    "There seems to be text in the picture beside the head; it may name the patient."
)
TEXT_INSIDE = (
    "There seems to be text over the brain; it may name the patient "
    "and influence the answer."
)


def examine(view: StandardView) -> Head:
    """Find the head in a slice and refuse what is no plausible brain slice.

    Args:
        view: One slice.

    Returns:
        The box around the head, its outline, doubts and warnings. A mirror image and
        a half turn have exactly the same ones.

    Raises:
        ConstantImage: If all pixels are equal.
        NotBrainLike: If the picture does not look like one slice of a head; the
            message says which rule failed and what to do.
    """
    head, foreground = trace(view)
    rows, columns = view.pixels.shape
    if min(rows, columns) < MIN_SIDE_PIXELS:
        message = (
            f"The image has {rows} x {columns} pixels, too few to show a brain; "
            f"send one with at least {MIN_SIDE_PIXELS} rows and columns."
        )
        raise NotBrainLike(message)
    if _shows_several(head.outline, foreground):
        raise NotBrainLike(SEVERAL_SLICES)
    failure = _first_failure(head.outline)
    if failure and _shows_pieces(head.outline, foreground):
        raise NotBrainLike(SEVERAL_SLICES)
    if failure:
        raise NotBrainLike(_explain(failure, head.view))
    if content.has_smaller_head(foreground):
        raise NotBrainLike(SEVERAL_SLICES)
    framed, lines = head.view is not view, drawing.drawn_lines(foreground)
    doubts = [*_doubts(head.outline, foreground, lines)]
    if framed and PHOTOGRAPH not in doubts and _is_film(view.pixels):
        doubts.append(PHOTOGRAPH)
    warnings = _warnings(foreground, lines.black, framed=framed)
    return replace(head, doubts=tuple(doubts), warnings=tuple(warnings))


def _shows_several(outline: Outline, foreground: Foreground) -> bool:
    """Return whether the picture repeats itself; plain bars and discs do, too."""
    return (
        outline.structure >= MIN_STRUCTURE
        and content.repetition(foreground) > MAX_REPETITION
    )


def _shows_pieces(outline: Outline, foreground: Foreground) -> bool:
    """Say whether the picture holds several objects of about one size."""
    return (
        outline.structure >= MIN_STRUCTURE
        and outline.border_share <= MAX_BORDER_SHARE
        and content.count_alike_pieces(foreground) > 1
    )


def _first_failure(outline: Outline) -> str | None:
    """Return in a phrase which rule the outline breaks first, if any."""
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


def _explain(failure: str, view: StandardView) -> str:
    """Describe what a refused picture is, or else which rule it broke."""
    page = _page_level(view.pixels)
    if page is not None:
        negative, foreground = trace(replace(view, pixels=page - view.pixels))
        is_head = _first_failure(negative.outline) is None
        is_round = content.box_fill(foreground) < MIN_RECTANGLE_FILL
        return INVERTED if is_head and is_round else ON_A_PAGE
    return (
        f"This does not look like a brain MRI slice: {failure}. "
        "Send one axial slice showing the whole brain on a dark background."
    )


def _page_level(pixels: NDArray[np.float32]) -> float | None:
    """Return the level of a bright, even border around a picture, if it has one."""
    low, high = float(pixels.min()), float(pixels.max())
    border = np.concatenate([pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1]])
    level = float(np.median(border))
    even = np.abs(border - level) <= MAX_PAGE_RANGE * (high - low)
    bright = level >= low + MIN_PAGE_LEVEL * (high - low)
    return level if bright and float(even.mean()) >= MIN_PAGE_SHARE else None


def _doubts(
    outline: Outline, foreground: Foreground, lines: drawing.DrawnLines
) -> Iterator[str]:
    """Yield why an answer could not be relied on, the plainest reason first."""
    profile = content.rim_profile(foreground)
    rules = (
        (_has_skull(profile), SKULL),
        (_is_covered(foreground), COVERED),
        (covering.gap(foreground) > MAX_GAP, INCOMPLETE),
        (lines.of_one_level > MAX_DRAWN_LINES, DRAWN),
        (lines.share > MAX_SHARP_SHARE, NOISY),
        (outline.side_share > MAX_SIDE_SHARE, CUT_OFF),
        (outline.aspect > MAX_LIKELY_ASPECT, ROUND),
        (outline.aspect < MIN_LIKELY_ASPECT, NARROW),
        (_is_tilted(outline), TILTED),
        (content.rim_ratio(profile) > MAX_RIM_RATIO, OTHER_CONTRAST),
        (content.mirror_difference(foreground) < MIN_MIRROR_DIFFERENCE, MIRRORED),
        (_is_photographed(foreground), PHOTOGRAPH),
    )
    found = [sentence for broken, sentence in rules if broken]
    # A skull is as bright as inverted fluid; both, and noise, look like drawn lines.
    explained = {OTHER_CONTRAST} if SKULL in found else set[str]()
    if {SKULL, OTHER_CONTRAST, NOISY} & set(found):
        explained.add(DRAWN)
    if COVERED in found:
        explained.add(INCOMPLETE)
    yield from (doubt for doubt in found if doubt not in explained)


def _has_skull(profile: NDArray[np.float32]) -> bool:
    return (
        content.skull_dip(profile) > MAX_SKULL_DIP
        or content.cavity(profile) > MAX_CAVITY
    )


def _is_covered(foreground: Foreground) -> bool:
    """Return whether shapes of one grey level, or black boxes, lie over the head."""
    if drawing.constant_share(foreground) > MAX_CONSTANT_SHARE:
        return True
    edges = covering.dark_edges(foreground)
    return (
        edges.sharp > MAX_SHARP_EDGE
        or edges.smooth > MAX_SMOOTH_EDGE
        or edges.corner > MAX_DARK_CORNER
    )


def _is_photographed(foreground: Foreground) -> bool:
    return (
        content.background_range(foreground) > MAX_BACKGROUND_RANGE
        or content.background_noise(foreground) > MAX_BACKGROUND_NOISE
    )


def _is_film(pixels: NDArray[np.float32]) -> bool:
    """Return whether a framed picture is grey where exports are black."""
    frame = find_frame(pixels)
    if frame is None:
        return False
    background = float(np.median(np.concatenate(frame.inner_sides(pixels))))
    return background > MAX_FILM_LEVEL * max(float(pixels.max()), 0.0)


def _is_tilted(outline: Outline) -> bool:
    """Return whether the head is turned; a round one has no direction."""
    return (
        outline.aspect <= MAX_LIKELY_ASPECT and outline.tilt_degrees > MAX_TILT_DEGREES
    )


def _warnings(foreground: Foreground, black: int, *, framed: bool) -> Iterator[str]:
    if framed:
        yield FRAMED
    if lettering.letters_beside(foreground) >= MIN_LETTERS:
        yield TEXT_BESIDE
    if black >= MIN_BLACK_LINES or lettering.strokes_inside(foreground) >= MIN_STROKES:
        yield TEXT_INSIDE
