"""What the plausibility rules and the out-of-distribution score make of pictures.

Each row counts pictures of one kind: those refused, those answered but called
unreliable (by a rule; else by the model's score), those with a warning only, and those
that pass. Targets, by rule or score: every slice with its skull, 95 % of those
with a black box over the ventricles, 98 % of those squashed to a square; of true
slices at most 0.5 % refused and 1 % doubted.
"""

import argparse
import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import alterations as spoilt
import numpy as np
import overlays
from nibabel.nifti1 import Nifti1Image
from numpy.typing import NDArray
from subjects import chosen_bundle, data_folder

from alzer.errors import UnusableScan
from alzer.evaluation import alterations as usual
from alzer.model.engine import Model, load_model
from alzer.model.preparation import prepare
from alzer.scans import content, drawing, plausibility
from alzer.scans.foreground import Foreground
from alzer.scans.formats import read_slice
from alzer.scans.orientation import StandardView, to_standard_view
from alzer.scans.outline import trace
from alzer.scans.plausibility import examine

COLUMNS = ("refused", "rule", "score", "warned", "passes")

# Heights of the training slices, in millimetres of the MNI space.
HEIGHTS_MM = range(-3, 28, 2)

# What should be noticed.
ALTERED: dict[str, usual.Alteration] = {
    "squashed to a square": spoilt.to_square,
    "10 % wider": spoilt.stretched(1.10),
    "20 % wider": spoilt.stretched(1.20),
    "40 % wider": spoilt.stretched(1.40),
    "20 % narrower": spoilt.stretched(0.80),
    "turned by 90 degrees": usual.turned(1),
    "tilted by 45 degrees": usual.tilted(45),
    "mosaic of 2 x 2": spoilt.tiled(2, 2),
    "mosaic of 4 x 6": spoilt.tiled(4, 6),
    "two side by side": spoilt.tiled(1, 2),
    "two above each other": spoilt.tiled(2, 1),
    "mosaic of 2 x 2, touching": spoilt.tiled(2, 2, tight=True),
    "two side by side, touching": spoilt.tiled(1, 2, tight=True),
    "inverted": spoilt.inverted,
    "inverted, background black": spoilt.inverted_inside,
    "white margin of 30 px": spoilt.framed(30),
    "white margin of 10 px": spoilt.framed(10),
    "white margin of 10 px, JPEG": usual.after(spoilt.framed(10), usual.as_jpeg(80)),
    "grey margin of 5 px": spoilt.framed(5, 128),
    "white line of 1 px": spoilt.line_around(255),
    "grey line of 1 px": spoilt.line_around(128),
    "white frame of 3 px": spoilt.framed(3),
    "white page with a caption": spoilt.on_a_page,
    "photograph of a screen": spoilt.photographed,
    "black box": overlays.boxed(0),
    "black box, JPEG": usual.after(overlays.boxed(0), usual.as_jpeg(80)),
    "black box, half as large": overlays.boxed(0, 0.5),
    "grey box": overlays.boxed(128),
    "text in the corners": overlays.written("corners"),
    "text in one corner": overlays.written("corner"),
    "text in one corner, JPEG": usual.after(
        overlays.written("corner"), usual.as_jpeg(80)
    ),
    "text over the brain": overlays.written("brain"),
    "black text over the brain": overlays.written("brain", size=14, level=0),
    "grey disc": overlays.disc(90),
    "black disc": overlays.disc(0),
    "circle around a part": overlays.circle(255),
    "circle, JPEG": usual.after(overlays.circle(255), usual.as_jpeg(80)),
    "white cross": overlays.cross(255),
    "three small black boxes": overlays.small_boxes,
    "box of large pixels": overlays.replaced(overlays.coarse, 0.4),
    "box of noise": overlays.replaced(overlays.random_pixels, 0.4),
    "blurred box": overlays.replaced(overlays.smooth, 0.4),
    "half mirrored": spoilt.half_mirrored,
    "thumbnail beside it": spoilt.with_thumbnail,
    "film on a light box": spoilt.on_a_light_box,
    "noise of 5 %": usual.noisy(12.0),
    "noise of 10 % in the head": usual.noisy(25.0, everywhere=False),
    "cut off by 5 %": spoilt.cropped(0.05),
    "cut off by 10 %": spoilt.cropped(0.10),
    "cut off by 20 %": spoilt.cropped(0.20),
}

# What should change nothing.
HARMLESS: dict[str, usual.Alteration] = {
    "unchanged": usual.unchanged,
    "mirrored": usual.mirrored,
    "turned by 180 degrees": usual.turned(2),
    "tilted by 10 degrees": usual.tilted(10),
    "cut to the head": lambda grey, _random: spoilt.cropped_to_head(grey),
    "JPEG of quality 50": usual.as_jpeg(50),
    "gamma 0.7": usual.gamma(0.7),
    "gamma 1.4": usual.gamma(1.4),
    "blurred by 1 px": usual.blurred(1.0),
    "noise of 5 % in the head": usual.noisy(12.0, everywhere=False),
    "twice as large": lambda grey, _random: usual.resized(
        grey, 2 * grey.shape[0], 2 * grey.shape[1]
    ),
    "half as large": lambda grey, _random: usual.resized(
        grey, grey.shape[0] // 2, grey.shape[1] // 2
    ),
}

# What is measured on every true slice, with its bound.
MEASURES: dict[str, tuple[Callable[[Foreground], float], float]] = {
    "noise of the background": (
        content.background_noise,
        plausibility.MAX_BACKGROUND_NOISE,
    ),
    "constant shapes": (drawing.constant_share, plausibility.MAX_CONSTANT_SHARE),
    "lines of one level": (
        lambda foreground: drawing.drawn_lines(foreground).of_one_level,
        plausibility.MAX_DRAWN_LINES,
    ),
    "black lines": (
        lambda foreground: drawing.drawn_lines(foreground).black,
        plausibility.MIN_BLACK_LINES,
    ),
    "sharp places": (
        lambda foreground: drawing.drawn_lines(foreground).share,
        plausibility.MAX_SHARP_SHARE,
    ),
    "difference of the halves": (
        content.mirror_difference,
        plausibility.MIN_MIRROR_DIFFERENCE,
    ),
    "smaller head beside": (content.has_smaller_head, 1.0),
}

Kinds = Iterator[tuple[str, Iterable[StandardView]]]


def view_of(pixels: NDArray[np.generic]) -> StandardView:
    """Return pixels, shape (row, column), as a view without known orientation."""
    return StandardView(np.ascontiguousarray(pixels, np.float32))


def read_views(paths: Iterable[Path]) -> Iterator[StandardView]:
    """Read pictures; those that no reader takes are left out."""
    for path in paths:
        try:
            yield to_standard_view(read_slice(path.read_bytes()))
        except UnusableScan:
            continue


def chosen_slices(data: Path, count: int) -> list[usual.Grey]:
    """Draw slices of the training set, the same ones each time."""
    paths = sorted((data / "oasis1-axial").rglob("*.jpg"))
    places = np.random.default_rng(0).choice(len(paths), count, replace=False)
    return [
        read_slice(paths[place].read_bytes()).pixels.astype(np.uint8)
        for place in sorted(places)
    ]


def slices_with_skull(data: Path) -> list[usual.Grey]:
    """Cut the whole heads at the heights of the training slices."""
    slices = []
    for path in sorted((data / "volumes").glob("*.nii.gz")):
        image = Nifti1Image.from_filename(path)
        values, step = image.get_fdata(), image.affine[2]
        values = 255.0 * (values - values.min()) / np.ptp(values)
        for height in HEIGHTS_MM:
            plane = values[:, :, round((height - step[3]) / step[2])]
            slices.append(np.rint(plane.T[::-1]).astype(np.uint8))
    return slices


def kinds(data: Path, count: int) -> Kinds:
    """Yield each kind of pictures with its name."""
    slices = chosen_slices(data, count)
    yield from altered(slices, ALTERED)
    skull = slices_with_skull(data)
    yield "skull on", map(view_of, skull)
    yield (
        "skull on, square",
        (view_of(spoilt.to_square(grey, np.random.default_rng(1))) for grey in skull),
    )
    yield (
        "OASIS-2, axial",
        read_views(sorted((data / "oasis2-planes/axl").iterdir())),
    )
    planes = data / "oasis1-planes"
    for name, folder in (
        ("axial", "CV_AXIAL"),
        ("coronal", "CV_CORONAL"),
        ("sagittal", "CV_SARGITAL"),
    ):
        yield (
            f"OASIS-1, {name} picture",
            read_views(sorted((planes / folder).iterdir())),
        )
    for name in ("tumour-mri", "natural", "xray"):
        yield name, read_views(sorted((data / "ood" / name).iterdir()))
    yield from altered(slices, HARMLESS)


def altered(
    slices: list[usual.Grey], alterations: dict[str, usual.Alteration]
) -> Kinds:
    """Yield what each alteration makes of the slices."""
    for name, alter in alterations.items():
        yield (
            name,
            [
                view_of(alter(grey, np.random.default_rng(number)))
                for number, grey in enumerate(slices)
            ],
        )


def outcome(view: StandardView, model: Model | None) -> str:
    """Name the column in which a picture is counted."""
    try:
        head = examine(view)
    except UnusableScan:
        return "refused"
    if head.doubts:
        return "rule"
    if model is not None:
        evidence = model.run(prepare(head.view, head.box, model.spec).pixels[None])
        scores = evidence.ood_score
        score = None if scores is None else float(scores[0])
        if model.decision.in_distribution(score) is False:
            return "score"
    return "warned" if head.warnings else "passes"


def show(name: str, counts: Counter[str], *, as_json: bool) -> None:
    """Print one row."""
    total = counts.total()
    if as_json:
        row = {column: counts[column] for column in COLUMNS}
        print(
            json.dumps({"benchmark": "plausibility", "kind": name, "n": total, **row})
        )
    else:
        cells = " ".join(f"{counts[column]:8d}" for column in COLUMNS)
        print(f"{name:28s} {total:5d} {cells}", flush=True)


def judge_true_slices(
    views: Iterable[StandardView],
) -> tuple[Counter[str], NDArray[np.float64]]:
    """Count what the rules make of slices, and measure, shape (slice, measure)."""
    counts: Counter[str] = Counter()
    measured = []
    for view in views:
        counts[outcome(view, None)] += 1
        foreground = trace(view)[1]
        measured.append([measure(foreground) for measure, _ in MEASURES.values()])
    return counts, np.array(measured, np.float64)


def show_extremes(measured: NDArray[np.float64], *, as_json: bool) -> None:
    """Print lowest and highest of each measure beside its bound."""
    for (name, (_, bound)), values in zip(MEASURES.items(), measured.T, strict=True):
        row = {"lowest": float(values.min()), "highest": float(values.max())}
        if as_json:
            named = {"benchmark": "plausibility", "measure": name, "bound": bound}
            print(json.dumps({**named, **row}))
        else:
            print(f"  {name:26s} {row['lowest']:.4g} to {row['highest']:.4g}, {bound=}")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--slices", type=int, default=100, help="slices to alter")
    parser.add_argument("--rules-only", action="store_true", help="without the model")
    parser.add_argument("--json", action="store_true")
    chosen = parser.parse_args()
    data = data_folder()
    model = None if chosen.rules_only else load_model(chosen_bundle(), precision="fp32")
    if not chosen.json:
        print(f"{'kind':28s} {'n':>5} " + " ".join(f"{name:>8}" for name in COLUMNS))
    everything = read_views(sorted((data / "oasis1-axial").rglob("*.jpg")))
    counts, measured = judge_true_slices(everything)
    show("all true slices, rules only", counts, as_json=chosen.json)
    show_extremes(measured, as_json=chosen.json)
    for name, views in kinds(data, chosen.slices):
        counts = Counter(outcome(view, model) for view in views)
        show(name, counts, as_json=chosen.json)


if __name__ == "__main__":
    main()
