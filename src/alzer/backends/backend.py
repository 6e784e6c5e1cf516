"""What those who answer requests need of that which computes the answers.

Nothing here says where the work is done: in threads of this process (`local`), or on
other machines. Who asks waits without a thread, and may leave.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Final, Protocol, TypeVar

import numpy as np
from anyio import sleep_forever
from numpy.typing import NDArray

from alzer.analysis import Analysis
from alzer.cancellation import Cancellation
from alzer.classes import CLASS_NAMES
from alzer.explain.box_fills import Fill
from alzer.explain.faithfulness import Faithfulness
from alzer.explain.kept_evidence import KeptEvidence
from alzer.explain.occlusion import Occlusion
from alzer.explain.slice_maps import MapStyle, SliceMaps
from alzer.model.answer_facts import AnswerFacts
from alzer.model.decision import Decision
from alzer.model.engine import Model, ModelIdentity
from alzer.model.evidence import Evidence
from alzer.model.preparation import InputSpec
from alzer.scans.canonical import Edges
from alzer.scans.reading import File
from alzer.scans.slice import Slice
from alzer.scans.volume import Volume

Result = TypeVar("Result")
Heat = NDArray[np.float32]
Layer = NDArray[np.uint8]

# Whoever has to wait too long is told so.
TOO_MANY: Final = "Too many requests are waiting already. Try again in a moment."


class ClientDisconnected(Exception):
    """The client has closed the connection; nobody waits for an answer."""


def _ignore(_stage: str, _progress: float) -> None:
    pass


@dataclass(frozen=True, kw_only=True)
class Ticket:
    """On whose account some work goes, and how long it is wanted.

    Attributes:
        owner: Whom turns and places are counted for.
        gone: Awaited while the work waits: returns once nobody wants the answer
            any more, and what has not begun is left then.
    """

    owner: str
    gone: Callable[[], Awaitable[object]] = sleep_forever


@dataclass(frozen=True, kw_only=True)
class Order(Ticket):
    """A scan to be read, and perhaps analysed.

    Attributes:
        files: All files of the scan; at least one.
        series: Which of several series in them is meant; None to choose.
        on_stage: Called with what is being done and how much is done, 0 to 1; from
            any thread, often.
        cancellation: Gives the work up wherever it is.
    """

    files: tuple[File, ...]
    series: str | None = None
    on_stage: Callable[[str, float], None] = _ignore
    cancellation: Cancellation = field(default_factory=Cancellation)


@dataclass(frozen=True, kw_only=True)
class Question(Ticket):
    """Which class of an analysis is to be explained.

    Attributes:
        evidence: What was kept of the analysis.
        label: Index of the class.
        index: Of the slice.
    """

    evidence: KeptEvidence
    label: int
    index: int = 0


@dataclass(frozen=True, kw_only=True)
class MapQuestion(Question):
    """Which map of an analysis is to be drawn.

    Attributes:
        style: How.
    """

    style: MapStyle


@dataclass(frozen=True, kw_only=True)
class OcclusionQuestion(Ticket):
    """Which part of a slice the network is to be asked without.

    Attributes:
        maps: Of the slice, with its input.
        edges: Top, left, bottom and right edge of the box, in pixels of the picture.
        fill: What stands in it instead.
    """

    maps: SliceMaps
    edges: Edges
    fill: Fill


@dataclass(frozen=True, kw_only=True)
class PreparedInputs(Ticket):
    """Inputs of the network that somebody has prepared.

    Attributes:
        images: Standardised, shape (n, 1, row, column), n >= 1.
    """

    images: NDArray[np.float32]


@dataclass(frozen=True)
class ModelFacts:
    """What a backend tells of its model.

    Attributes:
        identity: Which model answers, if it is known.
        timings_ms: Milliseconds per slice of the engines there are, by name; empty if
            they were not measured.
        class_mix: Share of each class among the people of the training, by name; empty
            if its card does not say.
        decision: What may be made of a prediction for a slice.
        person: The same for a person.
        answers: What the model's card tells those who read an answer.
        spec: What the network expects; None if it is not known.
    """

    identity: ModelIdentity | None = None
    timings_ms: Mapping[str, float] = field(default_factory=dict)
    class_mix: Mapping[str, float] = field(default_factory=dict)
    decision: Decision = field(default_factory=Decision)
    person: Decision = field(default_factory=Decision)
    answers: AnswerFacts = field(default_factory=AnswerFacts)
    spec: InputSpec | None = None


def facts_of(model: Model, timings_ms: Mapping[str, float] | None = None) -> ModelFacts:
    """Return what is told of a model.

    Args:
        model: What answers.
        timings_ms: Milliseconds per slice of the engines, if they were measured.

    Returns:
        The facts, as the model's card has them.
    """
    people = model.decision.people_per_class or ()
    mix = {
        name: count / sum(people)
        for name, count in zip(CLASS_NAMES, people, strict=False)
        if sum(people)
    }
    return ModelFacts(
        model.identity,
        timings_ms or {},
        mix,
        model.decision,
        model.person.decision,
        model.answer_facts,
        model.spec,
    )


class Capacity(Protocol):
    """How much a backend has to do, and who may still ask."""

    @property
    def taken(self) -> int:
        """Orders that are worked on or wait."""

    @property
    def are_full(self) -> bool:
        """Whether nobody may ask now."""

    def have_place_for(self, owner: str) -> bool:
        """Check whether somebody may ask once more.

        Args:
            owner: On whose account it goes.

        Returns:
            Whether there is a place, and the owner has not too many already.
        """


class Backend(Protocol):
    """What computes answers; used from the event loop's thread."""

    @property
    def facts(self) -> ModelFacts:
        """What is told of the model."""

    @property
    def capacity(self) -> Capacity:
        """Who may ask."""

    async def analyse(
        self, order: Order, finish: Callable[[Analysis], Result]
    ) -> Result:
        """Analyse a scan, in its turn.

        Args:
            order: The scan.
            finish: What is done with the analysis while the order has its turn; it
                may wait for disks.

        Returns:
            What `finish` gives.

        Raises:
            UnusableScan: The files can't be analysed.
            Overloaded: Too many orders wait already.
            ClientDisconnected: Nobody wanted the answer any more.
            Cancelled: It was given up.
        """

    async def read(
        self, order: Order, finish: Callable[[Slice | Volume], Result]
    ) -> Result:
        """Read a scan without analysing it.

        Args:
            order: The scan.
            finish: As for `analyse`.

        Returns:
            What `finish` gives.

        Raises:
            UnusableScan: As for `analyse`.
            Overloaded: Likewise.
            ClientDisconnected: Likewise.
        """

    async def explain(
        self, question: Question, finish: Callable[[Heat | None], Result]
    ) -> Result:
        """Explain a class of an analysis that was made before, without its scan.

        Args:
            question: Which class of which analysis.
            finish: As for `analyse`. It is given the heat as people see it, shape
                (row, column), 0 to 1; None if no region speaks for the class.

        Returns:
            What `finish` gives.

        Raises:
            Overloaded: As for `analyse`.
            ClientDisconnected: Likewise.
        """

    async def check(
        self, question: Question, finish: Callable[[Faithfulness], Result]
    ) -> Result:
        """Ask the model whether a class's map of an earlier analysis holds.

        It takes as many forward passes as some twenty slices.

        Args:
            question: Which class of which analysis, by the same model.
            finish: As for `analyse`.

        Returns:
            What `finish` gives.

        Raises:
            NoEvidence: No region speaks for the class, or maps are not checked here.
            Overloaded: As for `analyse`.
            ClientDisconnected: Likewise.
        """

    async def draw_map(
        self, question: MapQuestion, finish: Callable[[Layer | None], Result]
    ) -> Result:
        """Draw a map of an analysis that was made before, without its scan.

        Args:
            question: Which map of which analysis.
            finish: As for `analyse`. It is given the map as a layer over the picture,
                shape (row, column, channel = red, green, blue, alpha), 0 to 255; None
                if there is nothing to draw.

        Returns:
            What `finish` gives.

        Raises:
            Overloaded: As for `analyse`.
            ClientDisconnected: Likewise.
        """

    async def ask_without(
        self, question: OcclusionQuestion, finish: Callable[[Occlusion], Result]
    ) -> Result:
        """Ask the network about a slice again, without a part of it.

        Args:
            question: Which part of which slice.
            finish: As for `analyse`.

        Returns:
            What `finish` gives.

        Raises:
            InvalidRequest: The box covers nothing of the head, or too much of it.
            Overloaded: As for `analyse`.
            ClientDisconnected: Likewise.
        """

    async def infer(
        self, inputs: PreparedInputs, finish: Callable[[Evidence], Result]
    ) -> Result:
        """Run the network on inputs that somebody has prepared, and nothing else.

        Args:
            inputs: As the model expects them.
            finish: As for `analyse`. It is given what `Model.run_exactly` gives.

        Returns:
            What `finish` gives.

        Raises:
            InvalidRequest: The network can't be asked here.
            Overloaded: As for `analyse`.
            ClientDisconnected: Likewise.
        """

    def start(self) -> None:
        """Begin to work; called once, before orders come."""

    def stop(self) -> None:
        """End whatever was started; waits until it has ended."""
