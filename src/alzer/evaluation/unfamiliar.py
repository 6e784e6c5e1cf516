"""How well a model tells images that it was not trained on from those it was."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError

from alzer.errors import ConstantImage, UnusableScan
from alzer.evaluation.metrics import Floats, auc
from alzer.model.engine import Model
from alzer.model.preparation import prepare
from alzer.scans.formats import read_slice
from alzer.scans.orientation import StandardView
from alzer.scans.outline import locate
from alzer.scans.plausibility import examine
from alzer.scans.slice import Slice

Pixels = NDArray[np.float32]

# Every how manieth slice is taken as an example of the trained kind.
EXAMPLES_EVERY = 10

# Images passed to the network together.
BATCH = 16

# Values below this share of the brightest are background.
BACKGROUND_SHARE = 0.08


def turn(pixels: Pixels) -> Pixels:
    """Rotate by 90 degrees."""
    return np.ascontiguousarray(np.rot90(pixels))


def turn_about(pixels: Pixels) -> Pixels:
    """Rotate by 180 degrees."""
    return np.ascontiguousarray(pixels[::-1, ::-1])


def invert(pixels: Pixels) -> Pixels:
    """Invert the contrast of the whole picture."""
    return np.asarray(pixels.max() - pixels)


def invert_head(pixels: Pixels) -> Pixels:
    """Invert the contrast of the head, and leave the background dark."""
    inside = pixels > BACKGROUND_SHARE * pixels.max()
    top, bottom = pixels[inside].max(), pixels[inside].min()
    return np.asarray(np.where(inside, top - pixels + bottom, 0.0), np.float32)


ALTERED: Mapping[str, Callable[[Pixels], Pixels]] = {
    "turned by 90 degrees": turn,
    "contrast inverted": invert,
    "contrast of the head inverted": invert_head,
}


@dataclass(frozen=True)
class Seen:
    """What became of one image.

    Attributes:
        refused: Whether the checks before the network refuse it.
        novelty: Its distance from the training slices; None if nothing could be
            passed to the network.
        label: Index of the most probable class; None likewise.
    """

    refused: bool
    novelty: float | None
    label: int | None


def measure_gate(
    model: Model,
    slices: Sequence[Callable[[], Slice]],
    folders: Mapping[str, Path],
    advance: Callable[[str], None] = lambda _: None,
) -> dict[str, Any]:
    """See what a model makes of images unlike those that it was trained on.

    Every image is passed to the network, also those that the checks before it
    refuse, so that the distance is judged on its own.

    Args:
        model: With a limit of novelty.
        slices: Read one slice of the trained kind each; some of them are taken.
        folders: Other images, by what they are.
        advance: Called with a few words before each kind.

    Returns:
        Plain values: the limit, and for each kind how many images there are, which
        shares are refused, and refused or flagged, and the AUROC of the distance;
        and which share of the slices keeps its class when turned by 180 degrees.
    """
    advance("slices of the trained kind")
    examples = [_read_or_none(each) for each in slices[::EXAMPLES_EVERY]]
    own = [each for each in examples if each is not None]
    usual = _look(own, model)
    kinds = [_describe("slices of the data", usual, None, model)]
    same = [
        one.label == other.label
        for one, other in zip(usual, _look(map(turn_about, own), model), strict=True)
    ]
    for name, alter in ALTERED.items():
        advance(name)
        kinds.append(_describe(name, _look(map(alter, own), model), usual, model))
    for name, folder in folders.items():
        advance(name)
        found = (_read_grey(each) for each in sorted(folder.iterdir()))
        others = _look((each for each in found if each is not None), model)
        kinds.append(_describe(name, others, usual, model))
    return {
        "limit": model.decision.ood_limit,
        "same_class_turned_about": round(float(np.mean(same)), 4),
        "kinds": kinds,
    }


def _read_or_none(read: Callable[[], Slice]) -> Pixels | None:
    try:
        return read().pixels
    except (UnusableScan, OSError):
        return None


def _read_grey(path: Path) -> Pixels | None:
    """Read an image that may be in colour, as its brightness."""
    grey = _read_or_none(lambda: read_slice(path.read_bytes()))
    if grey is not None:
        return grey
    try:
        with Image.open(path) as image:
            return np.asarray(image.convert("L"), np.float32)
    except (UnidentifiedImageError, OSError):
        return None


def _look(pictures: Iterator[Pixels] | Sequence[Pixels], model: Model) -> list[Seen]:
    waiting: list[tuple[bool, Pixels]] = []
    seen = []
    for pixels in pictures:
        view = StandardView(pixels)
        try:
            refused, head = False, examine(view)
        except ConstantImage:
            seen.append(Seen(refused=True, novelty=None, label=None))
            continue
        except UnusableScan:
            refused, head = True, locate(view)
        waiting.append((refused, prepare(head.view, head.box, model.spec).pixels))
    for start in range(0, len(waiting), BATCH):
        part = waiting[start : start + BATCH]
        evidence = model.run(np.stack([each for _, each in part]))
        novelty, labels = evidence.ood_score, evidence.logits.argmax(axis=1)
        seen += [
            Seen(
                refused,
                None if novelty is None else float(novelty[place]),
                int(labels[place]),
            )
            for place, (refused, _) in enumerate(part)
        ]
    return seen


def _describe(
    kind: str, seen: Sequence[Seen], usual: Sequence[Seen] | None, model: Model
) -> dict[str, Any]:
    flagged = [
        each.refused or model.decision.in_distribution(each.novelty) is False
        for each in seen
    ]
    area = None if usual is None else auc(*_ranked(usual, seen))
    return {
        "kind": kind,
        "images": len(seen),
        "refused": round(float(np.mean([each.refused for each in seen])), 4),
        "flagged": round(float(np.mean(flagged)), 4),
        "auroc": None if area is None else round(area, 4),
    }


def _ranked(
    usual: Sequence[Seen], seen: Sequence[Seen]
) -> tuple[NDArray[np.bool_], Floats]:
    distances = [
        np.inf if each.novelty is None else each.novelty for each in (*usual, *seen)
    ]
    is_other = np.arange(len(distances)) >= len(usual)
    return is_other, np.array(distances)
