"""Between which numbers a preparation is good, and what is said where it is not."""

from dataclasses import dataclass
from typing import Final

_LEAST, _MOST = float("-inf"), float("inf")

# All that can be said of a head of unusual size or shape.
_WRONG_DISTANCES: Final = "the file may give wrong distances of voxels"


@dataclass(frozen=True)
class Limits:
    """What one number may be.

    Attributes:
        name: Of the number in `Quality`.
        good: Least and most for `good`.
        usable: Least and most for a prediction at all.
        low: Says what a number below means; the number is filled in.
        high: The same of a number above.
    """

    name: str
    good: tuple[float, float]
    usable: tuple[float, float]
    low: str = ""
    high: str = ""


# Between the numbers of healthy heads and those of spoiled ones, which
# docs/decisions/0023-preparation-verdict.md has; those that may be of a healthy head
# that was scanned in another way are doubts.
LIMITS: Final = (
    Limits(
        "similarity",
        good=(0.88, _MOST),
        usable=(0.78, _MOST),
        low="The brain is unlike the average brain (similarity {:.2f}, usually 0.9): "
        "the scan may show something else, be damaged or be no T1-weighted one.",
    ),
    Limits(
        "contrast",
        good=(0.23, 0.6),
        usable=(0.195, 0.8),
        low="Grey matter is darker than white matter by {:.0%} (usually 30 %): the "
        "scan may be FLAIR, T2 or CT, moved or noisy; send a T1-weighted one.",
        high="Grey matter is darker than white matter by {:.0%} (usually 30 %): the "
        "scan may be no T1-weighted one, or its greys may have been changed.",
    ),
    Limits(
        "edge_share",
        good=(_LEAST, 0.1),
        usable=(_LEAST, 0.5),
        high="The scan ends inside the brain (it cuts {:.0%} of the brain's section): "
        "send one that shows the whole brain.",
    ),
    Limits(
        "brain_ml",
        good=(1050.0, 2250.0),
        usable=(800.0, 2600.0),
        low="The brain measures {:.0f} ml, less than that of nearly every adult: part "
        "of it may be missing, or the file may give wrong distances of voxels.",
        high="The brain measures {:.0f} ml, more than that of nearly every adult: more "
        "than the brain was found, or the file may give wrong distances of voxels.",
    ),
    Limits(
        "scale",
        good=(0.875, 1.05),
        usable=(0.72, 1.2),
        low="The brain is {:.2f} times as large, along an edge, as the average brain, "
        "smaller than that of nearly every adult: part of it may be missing, or "
        f"{_WRONG_DISTANCES}; compare the voxel size with the scanner.",
        high="The brain is {:.2f} times as large, along an edge, as the average brain, "
        "larger than that of nearly every adult: more than it may have been found, or "
        f"{_WRONG_DISTANCES}; compare the voxel size with the scanner.",
    ),
    Limits(
        "stretch",
        good=(_LEAST, 1.22),
        usable=(_LEAST, 1.5),
        high="Against the average brain, this is {:.2f} times as long in one direction "
        "as in another: planes or a part of the brain may be missing, or the file may "
        "give wrong distances of voxels.",
    ),
    Limits(
        "empty_share",
        good=(_LEAST, 0.0005),
        usable=(_LEAST, 0.01),
        high="The scan holds no values in {:.1%} of the brain (NaN, or erased): send "
        "the scan as the scanner made it, without holes.",
    ),
    Limits(
        "voxel_mm",
        good=(_LEAST, 2.5),
        usable=(_LEAST, 5.5),
        high="The voxels or slices of the scan are {:.1f} mm apart, too coarse for "
        "what the model looks at: send a scan with at most 2.5 mm, best about 1 mm.",
    ),
    Limits(
        "blur_mm",
        good=(_LEAST, 3.14),
        usable=(_LEAST, 6.0),
        high="The scan is blurred: it shows a point {:.1f} mm wide (usually 1 to 3). "
        "It may have been smoothed, or the person may have moved; send the original, "
        "or scan again if you can.",
    ),
    Limits(
        "ghosting",
        good=(_LEAST, 0.1),
        usable=(_LEAST, 0.45),
        high="The scan shows the head a second time, moved aside (ghosting {:.2f}, "
        "usually 0.05): the person may have moved, or scans may have been averaged; "
        "scan again if you can, or send one of them.",
    ),
    Limits(
        "alternation",
        good=(_LEAST, 0.75),
        usable=(_LEAST, 1.4),
        high="Every second plane of the scan is unlike its neighbours (by {:.2f}, "
        "usually 0.2 to 0.6): the person may have moved, or the scan may be noisy; "
        "scan again if you can.",
    ),
    Limits(
        "jump",
        good=(_LEAST, 1.8),
        usable=(_LEAST, 4.0),
        high="Between two neighbouring planes the scan changes {:.1f} times as much as "
        "around them (usually 1.3): the person may have moved, or planes may be "
        "missing or in a wrong order; look whether outlines are smooth in all views.",
    ),
    Limits(
        "relative_width",
        good=(0.9, 1.1),
        usable=(0.72, 1.4),
        low="The head is {:.2f} times as wide as its length and height make expect: "
        f"{_WRONG_DISTANCES}, or it is unusually narrow; compare with the scanner.",
        high="The head is {:.2f} times as wide as its length and height make expect: "
        f"{_WRONG_DISTANCES}, or it is unusually wide; compare with the scanner.",
    ),
    Limits(
        "relative_length",
        good=(0.91, 1.125),
        usable=(0.72, 1.4),
        low="The head is {:.2f} times as long as its width and height make expect: "
        f"{_WRONG_DISTANCES}, or it is unusually short; compare with the scanner.",
        high="The head is {:.2f} times as long as its width and height make expect: "
        f"{_WRONG_DISTANCES}, or it is unusually long; compare with the scanner.",
    ),
    Limits(
        "relative_height",
        good=(0.89, 1.07),
        usable=(0.72, 1.4),
        low="The head is {:.2f} times as high as its width and length make expect: "
        f"{_WRONG_DISTANCES}, or it is unusually low; compare with the scanner.",
        high="The head is {:.2f} times as high as its width and length make expect: "
        f"{_WRONG_DISTANCES}, or it is unusually high; compare with the scanner.",
    ),
    Limits(
        "overlap",
        good=(0.935, _MOST),
        usable=(0.88, _MOST),
        low="The brain's outline does not fit the average brain (overlap {:.2f}, "
        "usually 0.95): look whether the brain was found rightly.",
    ),
    Limits(
        "air",
        good=(_LEAST, 0.1),
        usable=(_LEAST, 0.5),
        high="The air around the head is not dark ({:.0%} of white matter): the person "
        "may have moved, or the scan may be noisy; scan again if you can.",
    ),
    Limits(
        "noise",
        good=(_LEAST, 0.055),
        usable=(_LEAST, 0.2),
        high="White matter varies by {:.0%} from place to place (usually 2 %): the "
        "scan may be noisy, or the person may have moved; scan again if you can.",
    ),
    Limits(
        "rotation_degrees",
        good=(_LEAST, 45.0),
        usable=(_LEAST, 180.0),
        high="The head lies turned by {:.0f} degrees against what the file says: look "
        "whether front, back, top and bottom are where they belong.",
    ),
)
