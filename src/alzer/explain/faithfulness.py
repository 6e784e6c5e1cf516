"""Whether what a map marks is what mattered to the network, asked of the network.

The fifth of the head that the map marks most is filled in, and the logit margin of the
class should fall by more than it does for any of 15 equally large areas elsewhere
(docs/decisions/0026-checked-explanations.md).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from alzer.classes import CLASS_NAMES
from alzer.explain.areas import CONTROLS, centred_blob, elsewhere, hottest
from alzer.explain.field import Floats, Mask, head_in, on_input
from alzer.explain.fills import fill_with_donor, interpolate_noisily, match_donor
from alzer.model.evidence import Evidence

Run = Callable[[Floats], Evidence]

# Falls that differ by less than this share of the marked area's are equal: both areas
# hold the same evidence, and a little other tissue.
EQUAL_SHARE: Final = 0.05

# Rows and columns by which the slice is moved to see whether the map moves along.
SHIFTS: Final = ((2, 0), (0, 2))

# The original; the hottest and the coldest fifth, each filled in two ways; the
# controls; the average map's and the central area; the moved slices.
PASSES: Final = 1 + 2 * 2 + CONTROLS + 2 + len(SHIFTS)


@dataclass(frozen=True)
class Reference:
    """What a map is compared with, the same for all slices of a model.

    Attributes:
        donors: Slices of an average brain as the network's inputs, shape
            (donor, row, column).
        heads: Where their heads are, likewise.
        average_maps: The class's map on average, shape (class, row, column) of cells.
    """

    donors: Floats
    heads: NDArray[np.bool_]
    average_maps: Floats


@dataclass(frozen=True)
class Faithfulness:
    """What the network answered when parts of the slice were filled in.

    All falls are of the logit margin of the class: its logit minus the highest of the
    others. More than 0: without the area, less speaks for the class.

    Attributes:
        label: Index of the class.
        margin: Of the slice as it is.
        marked: Fall without the fifth of the head that the map marks most: filled by
            noisy linear interpolation, and by an average brain.
        least_marked: The same of the fifth that it marks least.
        controls: Fall without each of the equally large areas elsewhere,
            interpolated.
        average: Fall without the fifth that the class's average map marks.
        centre: Fall without the fifth around the middle.
        stability: How alike the maps are if the slice is moved by two rows, and by
            two columns: their correlation inside the head, -1 to 1.
    """

    label: int
    margin: float
    marked: tuple[float, float]
    least_marked: tuple[float, float]
    controls: tuple[float, ...]
    average: float
    centre: float
    stability: tuple[float, float]

    @property
    def beaten(self) -> int:
        """How many of the controls mattered less than the marked area."""
        return sum(self.beats(fall) for fall in self.controls)

    @property
    def passed(self) -> bool:
        """Whether the map earns its badge."""
        return not self.objections

    @property
    def objections(self) -> tuple[str, ...]:
        """Why it doesn't, a sentence each."""
        found = {
            "Equally large areas elsewhere mattered as much.": self.beaten < CONTROLS,
            "Without the marked area no less spoke for the class, filled in at least "
            "one of two ways.": min(self.marked) <= 0.0,
            "The area that the model marks on average mattered as much, so the map "
            "says nothing of this scan in particular.": not self.beats(self.average),
            "An area in the middle of the head mattered as much.": not self.beats(
                self.centre
            ),
        }
        return tuple(sentence for sentence, holds in found.items() if holds)

    def beats(self, fall: float) -> bool:
        """Return whether the marked area mattered more than another.

        Args:
            fall: Without the other, interpolated.

        Returns:
            Whether its own fall is larger by more than `EQUAL_SHARE`.
        """
        marked = self.marked[0]
        return marked - fall > EQUAL_SHARE * abs(marked)

    @property
    def text(self) -> str:
        """The result in words, for a person."""
        if self.passed:
            return (
                f"The marked area mattered more than {self.beaten} of {CONTROLS} "
                "equally large areas, than the area that the model marks on average, "
                "and than the middle of the head: the map shows what mattered to the "
                f"model for '{CLASS_NAMES[self.label]}'."
            )
        found = (
            f"The marked area mattered more than {self.beaten} of {CONTROLS} equally "
            "large areas. It is not confirmed by the check."
        )
        return " ".join((found, *self.objections))


@dataclass(frozen=True)
class Checker:
    """Asks one network about maps.

    Attributes:
        run: Gives logits and maps of inputs, shape (n, 1, row, column), exactly: small
            differences count.
        reference: Of the same network.
        cell_stride: Pixels of the input from one cell of the maps to the next.
    """

    run: Run
    reference: Reference
    cell_stride: int

    def check(
        self, pixels: Floats, label: int, cells: Floats | None = None
    ) -> Faithfulness:
        """Ask the network without parts of a slice whether a map shows what matters.

        It is run twice, with `PASSES` inputs in all. A slice and its mirror image get
        the same result.

        Args:
            pixels: The network's input, shape (row, column), standardised.
            label: Index of the class whose map is checked.
            cells: A map from elsewhere, shape (row, column) of cells; by default that
                of the network.

        Returns:
            What it answered.

        Raises:
            ConstantImage: If all pixels are equal.
        """
        pixels = np.asarray(pixels, np.float32)
        mirror = np.ascontiguousarray(pixels[:, ::-1])
        if pixels.tobytes() > mirror.tobytes():
            pixels, cells = mirror, None if cells is None else cells[:, ::-1]
        first = self.run(_stack([pixels, *(_shift(pixels, by) for by in SHIFTS)]))
        own, *moved = (self._paint(maps[label], pixels) for maps in first.maps)
        head = head_in(pixels)
        areas = _areas(
            own if cells is None else self._paint(cells, pixels),
            self._paint(_both_hands(self.reference.average_maps[label]), pixels),
            head,
        )
        second = self.run(_stack(_without(pixels, head, areas, self.reference)))
        margin, *_ = _margins(first.logits, label)
        falls = [float(margin - left) for left in _margins(second.logits, label)]
        return _assemble(label, float(margin), falls, _stability(own, moved, head))

    def fall_without(self, pixels: Floats, label: int, cells: Floats) -> float:
        """Ask the network without the fifth that another map marks, interpolated.

        Args:
            pixels: The network's input, shape (row, column), standardised.
            label: Index of the class.
            cells: The other map, taken both ways round as the average map is, shape
                (row, column) of cells.

        Returns:
            By how much the logit margin of the class falls, as in `Faithfulness`.

        Raises:
            ConstantImage: If all pixels are equal.
        """
        pixels = np.asarray(pixels, np.float32)
        area = hottest(self._paint(_both_hands(cells), pixels), head_in(pixels))
        filled = interpolate_noisily(pixels, area[None])[0]
        margin, left = _margins(self.run(_stack([pixels, filled])).logits, label)
        return float(margin - left)

    def _paint(self, cells: Floats, pixels: Floats) -> Floats:
        rows, columns = pixels.shape
        return on_input(cells, (rows, columns), self.cell_stride)


def _assemble(
    label: int, margin: float, falls: list[float], stability: tuple[float, float]
) -> Faithfulness:
    """Name the falls: in the order of `_areas`, the donor's last."""
    marked, least, average, centre, *controls, marked_donor, least_donor = falls
    return Faithfulness(
        label=label,
        margin=margin,
        marked=(marked, marked_donor),
        least_marked=(least, least_donor),
        controls=tuple(controls),
        average=average,
        centre=centre,
        stability=stability,
    )


def _areas(heat: Floats, average: Floats, head: Mask) -> NDArray[np.bool_]:
    """Return the areas: marked, least marked, average, centre, controls."""
    marked = hottest(heat, head)
    named = marked, hottest(-heat, head), hottest(average, head), centred_blob(head)
    return np.concatenate([np.stack(named), elsewhere(marked, head)])


def _without(
    pixels: Floats, head: Mask, areas: NDArray[np.bool_], reference: Reference
) -> Floats:
    """Return the slice without each area, and without the first two by the donor."""
    filled = interpolate_noisily(pixels, areas)
    donor = match_donor(pixels, head, reference.donors, reference.heads)
    return np.concatenate([filled, fill_with_donor(filled[:2], areas[:2], donor)])


def _stack(inputs: Sequence[Floats] | Floats) -> Floats:
    """Return inputs as the network takes them, shape (n, 1, row, column)."""
    return np.stack(list(inputs))[:, None]


def _both_hands(cells: Floats) -> Floats:
    """Return a map and its mirror image as one: files may be either way round."""
    return (cells + cells[:, ::-1]) / np.float32(2.0)


def _shift(pixels: Floats, by: tuple[int, int]) -> Floats:
    """Move a slice down and to the right; what comes in is like what is at the edge."""
    down, across = by
    height, width = pixels.shape
    return np.pad(pixels, ((down, 0), (across, 0)), mode="edge")[:height, :width]


def _stability(heat: Floats, moved: list[Floats], head: Mask) -> tuple[float, float]:
    """Return how alike a map and those of the moved slices are, moved back."""
    height, width = head.shape
    found = []
    for (down, across), other in zip(SHIFTS, moved, strict=True):
        kept = slice(0, height - down), slice(0, width - across)
        seen = head[kept]
        found.append(_correlation(heat[kept][seen], other[down:, across:][seen]))
    return found[0], found[1]


def _correlation(one: Floats, other: Floats) -> float:
    if one.size < 2 or not (one.std() > 0.0 and other.std() > 0.0):
        return 0.0
    return float(np.corrcoef(one, other)[0, 1])


def _margins(logits: Floats, label: int) -> NDArray[np.float64]:
    """Return how far a class's logit lies above the highest of the others."""
    values = logits.astype(np.float64)
    others = np.delete(values, label, axis=1)
    return np.asarray(values[:, label] - others.max(axis=1))
