"""One slice on its way through the model, and what came of it.

A scan that is one slice has one of these, the scan of a whole head 32.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from alzer.classes import CLASS_NAMES
from alzer.conclusion import NOT_AXIAL, Conclusion, conclude
from alzer.example import EXAMPLE_WARNING, is_example
from alzer.explain.gradcam import grad_cam
from alzer.headline import About
from alzer.model.engine import Model
from alzer.model.evidence import SliceEvidence
from alzer.model.preparation import InputSpec, PreparedInput, prepare
from alzer.model.second_opinion import SecondOpinionFit
from alzer.scans.orientation import StandardView, picture_of, to_standard_view
from alzer.scans.outline import Head, locate
from alzer.scans.plausibility import examine
from alzer.scans.slice import Slice
from alzer.second_opinion import SecondOpinion, second_opinion, side_of_model


@dataclass(frozen=True)
class ReadySlice:
    """A slice that is ready for the network.

    Attributes:
        scan: The slice.
        view: As radiologists look at it.
        head: Where the head is, and what is doubtful about it.
        prepared: The network's input, and the way back.
    """

    scan: Slice
    view: StandardView
    head: Head
    prepared: PreparedInput

    @property
    def doubts(self) -> tuple[str, ...]:
        """Why the answer can't be relied on, whatever the network says."""
        not_axial = (NOT_AXIAL,) if self.view.is_axial is False else ()
        return (*not_axial, *self.head.doubts)

    @property
    def warnings(self) -> tuple[str, ...]:
        """What a reader must know of the file, its geometry and its content."""
        drawn = (EXAMPLE_WARNING,) if is_example(self.scan.pixels) else ()
        found = (*self.scan.warnings, *self.view.warnings, *self.head.warnings)
        return (*drawn, *found)


@dataclass(frozen=True)
class AnalysedSlice:
    """A slice, what the model made of it, and the way back to its grid.

    Attributes:
        scan: The slice.
        view: As radiologists look at it, and the way back to its own grid.
        evidence: The network's logits and maps, its input and where that lies.
        conclusion: What may be said of this slice alone.
        index: Its number among the slices of the scan.
        z_mm: Its height in standard space; None of a single slice.
        counted: Whether the answer for the scan is made of this slice, too.
    """

    scan: Slice
    view: StandardView
    evidence: SliceEvidence
    conclusion: Conclusion
    index: int = 0
    z_mm: float | None = None
    counted: bool = True

    @property
    def picture(self) -> NDArray[np.uint8]:
        """The slice as a person is shown it, shape (row, column), 0 to 255."""
        return picture_of(self.scan, self.view)

    @property
    def class_probabilities(self) -> dict[str, float]:
        """Probability by class name of this slice alone, in the order of severity."""
        return dict(zip(CLASS_NAMES, self.conclusion.probabilities, strict=True))

    def strongest(self, label: int) -> float:
        """Return the highest value of a class's map, in logit units."""
        return float(self.evidence.maps[label].max())

    def heat(
        self, label: int, highest: float | None = None
    ) -> NDArray[np.float32] | None:
        """Return the Grad-CAM of a class on the pixels of the standard view.

        Args:
            label: Index of the class.
            highest: What becomes 1, in logit units, so that slices can be compared;
                by default the map's own maximum.

        Returns:
            shape (row, column), 0 to 1; None if no region speaks for the class.
        """
        cells = grad_cam(self.evidence.maps, label)
        if cells is None:
            return None
        heat = self.evidence.geometry.paint(cells)
        if highest is not None:
            heat *= np.float32(self.strongest(label) / highest)
        # Interpolation in float32 can end one rounding step above 1.
        return np.clip(heat, 0.0, 1.0)

    def evidence_on_scan(self, label: int) -> NDArray[np.float32]:
        """Return a class's map on the slice's own pixels.

        Args:
            label: Index of the class.

        Returns:
            shape (row, column) of the scan, in logit units; 0 where the network did
            not look.
        """
        maps = self.evidence.maps[label].astype(np.float32)
        return self.view.to_file(self.evidence.geometry.paint(maps))


def make_ready(
    scan: Slice, spec: InputSpec, *, must_look_right: bool = True
) -> ReadySlice:
    """Turn a slice, find the head in it and bring that to the network's size.

    Args:
        scan: One slice.
        spec: What the network expects.
        must_look_right: Whether it is judged what the slice shows. Those that were
            cut out of a whole head are not: how well that was done is judged of all
            of them together (`alzer.volumes.quality`).

    Returns:
        The slice, ready for the network.

    Raises:
        UnusableScan: If it can't be analysed; the message says why.
    """
    view = to_standard_view(scan)
    head = examine(view) if must_look_right else locate(view)
    return ReadySlice(scan, view, head, prepare(head.view, head.box, spec))


def predict(
    ready: Sequence[ReadySlice], model: Model, *, exactly: bool = False
) -> list[AnalysedSlice]:
    """Run the model on slices, and conclude of each what it says alone.

    Args:
        ready: At least one.
        model: What answers.
        exactly: Whether in exact arithmetic, however clear the answers are.

    Returns:
        One per slice, in their order.
    """
    run = model.run_exactly if exactly else model.run
    evidence = run(np.stack([one.prepared.pixels for one in ready]))
    analysed = []
    for index, one in enumerate(ready):
        score = None if evidence.ood_score is None else float(evidence.ood_score[index])
        concluded = conclude(evidence.logits[index], score, one.doubts, model.decision)
        given = evidence.of_slice(index, one.prepared.pixels, one.prepared.geometry)
        analysed.append(AnalysedSlice(one.scan, one.view, given, concluded))
    return analysed


def give_second_opinion(
    slices: Sequence[AnalysedSlice],
    concluded: Conclusion,
    fit: SecondOpinionFit | None,
    about: About,
) -> SecondOpinion | None:
    """Compare an answer with what a simple measure says of the same slices.

    Args:
        slices: All that the answer rests on.
        concluded: The answer.
        fit: What the model's card says of the measure.
        about: Of what the answer is.

    Returns:
        None if there is no such measure, or the answer can't be relied on: whatever
        speaks against the scan speaks against the measure, too.
    """
    if concluded.reliable is False:
        return None
    fields = (one.evidence.pixels for one in slices)
    side = side_of_model(concluded.probabilities, concluded.possible_classes)
    return second_opinion(fields, fit, about, side)
