"""The one use case: a file's bytes in, an Analysis out.

read -> examine -> predict -> conclude -> explain. The service, the command line
and Python callers all come through here.
"""

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from alzer.classes import CLASS_NAMES
from alzer.conclusion import NOT_AXIAL, Conclusion, conclude
from alzer.errors import UnusableScan
from alzer.explain.gradcam import grad_cam
from alzer.explain.overlay import blend, encode_png
from alzer.headline import Headline, choose_headline
from alzer.model.engine import Model, ModelIdentity
from alzer.model.evidence import SliceEvidence
from alzer.model.preparation import PreparedInput, prepare
from alzer.scans.formats import read_slice
from alzer.scans.orientation import StandardView, picture_of, to_standard_view
from alzer.scans.outline import Head
from alzer.scans.plausibility import examine
from alzer.scans.reduction import reduce_slice
from alzer.scans.slice import Slice
from alzer.settings import Limits
from alzer.stopwatch import Stopwatch

DEFAULT_LIMITS = Limits()

# Images per forward pass of a cohort. More buys nothing on a CPU and delays the
# first answers (ARCHITECTURE: about the same per image at 1, 8 and 32).
BATCH_SIZE = 8


@dataclass(frozen=True)
class Analysis:
    """The answer for one scan.

    Attributes:
        probabilities: One per class, in the order of CLASSES; they sum to 1.
        scan: What was analysed.
        view: The scan as radiologists look at it, and the way back to its grid.
        heat: Grad-CAM of the predicted class on the file's own pixels, shape
            (row, column), 0 to 1; None if there is no explanation.
        overlay_png: The heat in JET at 40 % over the scan in its standard view;
            None likewise.
        no_heatmap_reason: Why there is none, in one sentence.
        warnings: What a reader of the result must know.
        model: Which model answered.
        reliable: Whether the answer can be relied on: the scan is like those that
            the model was trained on, and nothing else speaks against it; None if the
            model can't tell.
        unreliable_reason: Why it can't be relied on and what to do, in words for a
            person; None unless `reliable` is False.
        possible_classes: Names of the classes that can't be ruled out: for nine of
            ten people of each class they hold it. None if the model is not
            calibrated or the answer can't be relied on.
        calibrated: Whether the probabilities mean what they say.
        timings_ms: Milliseconds per stage: read, validate, infer, explain,
            encode and total.
        evidence: What the network gave; None if that is not known.
    """

    probabilities: tuple[float, ...]
    scan: Slice
    view: StandardView
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
    evidence: SliceEvidence | None = None

    def __post_init__(self) -> None:
        """Refuse an answer that is unreliable without a reason, or the reverse.

        Raises:
            ValueError: If `reliable` and `unreliable_reason` disagree.
        """
        if (self.reliable is False) != (self.unreliable_reason is not None):
            message = "An answer has a reason exactly when it is not reliable."
            raise ValueError(message)

    @property
    def headline(self) -> Headline:
        """What a person should read first: the classes that remain, or that none do."""
        return choose_headline(
            self.prediction, self.possible_classes, self.unreliable_reason
        )

    @property
    def picture(self) -> NDArray[np.uint8]:
        """The scan as a person is shown it, shape (row, column), 0 to 255."""
        return picture_of(self.scan, self.view)

    @property
    def picture_heat(self) -> NDArray[np.float32] | None:
        """The heat on the pixels of `picture`, 0 to 1; None likewise."""
        if self.heat is None:
            return None
        return _show_heat(self.view, self.view.turn.apply(self.heat))

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


@dataclass(frozen=True)
class _Ready:
    """A scan that is ready for the network."""

    scan: Slice
    view: StandardView
    head: Head
    prepared: PreparedInput
    stopwatch: Stopwatch

    @property
    def doubts(self) -> tuple[str, ...]:
        """Why the answer can't be relied on, whatever the network says."""
        not_axial = (NOT_AXIAL,) if self.view.is_axial is False else ()
        return (*not_axial, *self.head.doubts)

    @property
    def warnings(self) -> tuple[str, ...]:
        """What a reader must know of the file, its geometry and its content."""
        return (*self.scan.warnings, *self.view.warnings, *self.head.warnings)


def analyse(
    source: bytes | Slice,
    model: Model,
    limits: Limits = DEFAULT_LIMITS,
    read: Callable[[bytes, Limits], Slice] = read_slice,
) -> Analysis:
    """Predict how impaired a scan looks, and explain what the answer rests on.

    Args:
        source: A file's bytes in any format that `read_slice` knows, or a scan.
        model: What answers.
        limits: How large the file may be.
        read: What reads files; as `read_slice` does.

    Returns:
        The answer.

    Raises:
        UnusableScan: If the file can't be analysed; the message says why.
    """
    ready = _make_ready(source, model, limits, read)
    return _answer([ready], model)[0]


def analyse_many(
    sources: Iterable[bytes | Slice], model: Model, limits: Limits = DEFAULT_LIMITS
) -> Iterator[Analysis | UnusableScan]:
    """Analyse many scans in batches; one that can't be used stops nothing.

    Args:
        sources: As for `analyse`; read as they are needed.
        model: What answers.
        limits: How large each file may be.

    Yields:
        For each source in order, its analysis or why there is none.
    """
    waiting = iter(sources)
    while batch := list(islice(waiting, BATCH_SIZE)):
        outcomes = [_try_make_ready(source, model, limits) for source in batch]
        usable = [outcome for outcome in outcomes if isinstance(outcome, _Ready)]
        answers = iter(_answer(usable, model))
        for outcome in outcomes:
            yield next(answers) if isinstance(outcome, _Ready) else outcome


def _try_make_ready(
    source: bytes | Slice, model: Model, limits: Limits
) -> _Ready | UnusableScan:
    try:
        return _make_ready(source, model, limits)
    except UnusableScan as refusal:
        return refusal


def _make_ready(
    source: bytes | Slice,
    model: Model,
    limits: Limits,
    read: Callable[[bytes, Limits], Slice] = read_slice,
) -> _Ready:
    stopwatch = Stopwatch()
    scan = source if isinstance(source, Slice) else read(source, limits)
    scan = reduce_slice(scan)  # what is given as a Slice may have any size
    stopwatch.lap("read")
    view = to_standard_view(scan)
    head = examine(view)
    stopwatch.lap("validate")
    prepared = prepare(head.view, head.box, model.spec)
    stopwatch.lap("infer")
    return _Ready(scan, view, head, prepared, stopwatch)


def _answer(ready: list[_Ready], model: Model) -> list[Analysis]:
    if not ready:
        return []
    started = time.perf_counter()
    evidence = model.run(np.stack([one.prepared.pixels for one in ready]))
    share_ms = (time.perf_counter() - started) * 1000.0 / len(ready)
    answers = []
    for index, one in enumerate(ready):
        one.stopwatch.add("infer", share_ms)
        score = None if evidence.ood_score is None else float(evidence.ood_score[index])
        concluded = conclude(evidence.logits[index], score, one.doubts, model.decision)
        given = evidence.of_slice(index, one.prepared.pixels, one.prepared.geometry)
        answers.append(_explain(one, concluded, given, model))
    return answers


def _explain(
    ready: _Ready, concluded: Conclusion, given: SliceEvidence, model: Model
) -> Analysis:
    ready.stopwatch.restart()
    cells = grad_cam(given.maps, concluded.label)
    heat = None if cells is None else ready.prepared.geometry.paint(cells)
    ready.stopwatch.lap("explain")
    overlay = None if heat is None else _draw(ready, heat)
    ready.stopwatch.lap("encode")
    return Analysis(
        probabilities=concluded.probabilities,
        scan=ready.scan,
        view=ready.view,
        heat=None if heat is None else _unit(ready.view.to_file(heat)),
        overlay_png=overlay,
        no_heatmap_reason=None if heat is not None else _no_heat(concluded.label),
        warnings=(
            *concluded.warnings,
            *ready.warnings,
            *concluded.class_warnings,
        ),
        model=model.identity,
        reliable=concluded.reliable,
        unreliable_reason=concluded.unreliable_reason,
        possible_classes=concluded.possible_classes,
        calibrated=model.decision.calibrated,
        timings_ms=ready.stopwatch.total(),
        evidence=given,
    )


def _draw(ready: _Ready, heat: NDArray[np.float32]) -> bytes:
    grey = picture_of(ready.scan, ready.view)
    return encode_png(blend(grey, _show_heat(ready.view, heat)))


def _show_heat(view: StandardView, heat: NDArray[np.float32]) -> NDArray[np.float32]:
    return _unit(view.for_display(heat))


def _unit(heat: NDArray[np.float32]) -> NDArray[np.float32]:
    # Interpolation in float32 can end one rounding step above 1.
    return np.clip(heat, 0.0, 1.0)


def _no_heat(label: int) -> str:
    return (
        f"No region of the image spoke for '{CLASS_NAMES[label]}': "
        "it was the least unlikely class, so there is no heat to show."
    )
