"""The answer for one scan: a slice, or a person by all slices of a whole head."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from alzer.analysed_slice import AnalysedSlice
from alzer.classes import CLASS_NAMES
from alzer.explain.map_quality import MapQuality, judge_map
from alzer.headline import Headline, choose_headline
from alzer.model.engine import ModelIdentity
from alzer.model.evidence import SliceEvidence
from alzer.scans.orientation import StandardView
from alzer.scans.slice import Slice
from alzer.second_opinion import SecondOpinion
from alzer.volumes.pipeline import PreparedVolume
from alzer.volumes.structure_evidence import HeadStructures


@dataclass(frozen=True)
class Analysis:
    """The answer for one scan, and all that it can be drawn again from.

    Attributes:
        probabilities: One per class, in the order of CLASSES; they sum to 1. Of a
            whole head those of the person.
        slices: Each slice with the network's logits and maps and the way back to the
            scan's grid; one, or those of a whole head from below upwards. None where
            only the answer is known.
        leading: Which of the slices is shown: of a whole head the one that says most
            of the predicted class.
        heat: Grad-CAM of the predicted class on the pixels of `scan`, shape
            (row, column), 0 to 1; None if there is no explanation.
        overlay_png: The heat in JET at 40 % over the slice in its standard view;
            None likewise.
        no_heatmap_reason: Why there is none, in one sentence.
        warnings: What a reader of the result must know.
        model: Which model answered.
        reliable: Whether the answer can be relied on: the scan is like those that
            the model was trained on, and nothing else speaks against it; None if the
            model can't tell.
        unreliable_reason: Why it can't be relied on and what to do, in words for a
            person; None unless `reliable` is False.
        possible_classes: Names of the classes that can't be ruled out, the prediction
            set: of the people of each class, the share `coverage` of the model's card
            have it in theirs. None if the model is not calibrated or the answer can't
            be relied on.
        calibrated: Whether the probabilities mean what they say.
        timings_ms: Milliseconds per stage: read, validate, infer, explain, encode
            and total; of a whole head those of its preparation, too.
        preparation: How the slices of a whole head came to be; None of a slice.
        structures: Of its brain; None where the add-on for them is not installed.
        second_opinion: What a simple measure of dark fluid says of the same scan; None
            if the model's card has none, or the answer can't be relied on.
    """

    probabilities: tuple[float, ...]
    slices: tuple[AnalysedSlice, ...]
    leading: int
    heat: NDArray[np.float32] | None
    overlay_png: bytes | None
    no_heatmap_reason: str | None
    warnings: tuple[str, ...]
    model: ModelIdentity
    reliable: bool | None
    unreliable_reason: str | None
    possible_classes: tuple[str, ...] | None
    calibrated: bool
    timings_ms: Mapping[str, float]
    preparation: PreparedVolume | None = None
    structures: HeadStructures | None = None
    second_opinion: SecondOpinion | None = None

    def __post_init__(self) -> None:
        """Refuse an answer that is unreliable without a reason, or the reverse.

        Raises:
            ValueError: If `reliable` and `unreliable_reason` disagree.
        """
        if (self.reliable is False) != (self.unreliable_reason is not None):
            message = "An answer has a reason exactly when it is not reliable."
            raise ValueError(message)

    @property
    def kind(self) -> Literal["slice", "volume"]:
        """Whether one slice or a whole head was analysed."""
        return "slice" if self.preparation is None else "volume"

    @property
    def shown(self) -> AnalysedSlice:
        """The slice that is shown."""
        return self.slices[self.leading]

    @property
    def scan(self) -> Slice:
        """The slice that is shown, on its own grid."""
        return self.shown.scan

    @property
    def view(self) -> StandardView:
        """That slice as radiologists look at it, and the way back to its grid."""
        return self.shown.view

    @property
    def evidence(self) -> SliceEvidence | None:
        """What the network gave for that slice; None if that is not known."""
        return self.shown.evidence if self.slices else None

    @property
    def headline(self) -> Headline:
        """What a person should read first: the classes that remain, or that none do."""
        return choose_headline(
            self.prediction,
            self.possible_classes,
            self.unreliable_reason,
            "this slice" if self.kind == "slice" else "this person",
        )

    @cached_property
    def map_quality(self) -> MapQuality | None:
        """Where the evidence for the predicted class lies, of all slices together.

        None if there is none, or only the answer is known.
        """
        counted = (one.evidence for one in self.slices if one.counted)
        return judge_map(counted, self.label)

    @property
    def picture(self) -> NDArray[np.uint8]:
        """The slice as a person is shown it, shape (row, column), 0 to 255."""
        return self.shown.picture

    @property
    def picture_heat(self) -> NDArray[np.float32] | None:
        """The heat on the pixels of `picture`, 0 to 1; None likewise."""
        if self.heat is None:
            return None
        shown = self.view.for_display(self.view.turn.apply(self.heat))
        return np.asarray(np.clip(shown, 0.0, 1.0), np.float32)

    @property
    def label(self) -> int:
        """Index of the most probable class."""
        return int(np.argmax(self.probabilities))

    @property
    def prediction(self) -> str:
        """Name of the most probable class."""
        return CLASS_NAMES[self.label]

    @property
    def confidence(self) -> float:
        """Its probability, 0 to 1."""
        return self.probabilities[self.label]

    @property
    def class_probabilities(self) -> dict[str, float]:
        """Probability by class name, in the order of severity."""
        return dict(zip(CLASS_NAMES, self.probabilities, strict=True))
