"""The one use case: a scan in, an Analysis out.

read -> examine -> predict -> conclude -> explain, and for a whole head: prepare -> the
same for each standard slice -> one conclusion for the person. The service, the command
line and Python callers all come through here.
"""

import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import islice

from alzer.analysed_slice import (
    AnalysedSlice,
    ReadySlice,
    give_second_opinion,
    make_ready,
    predict,
)
from alzer.answer import Analysis
from alzer.errors import UnusableScan
from alzer.explanation import explain
from alzer.model.engine import Model
from alzer.person_analysis import analyse_volume, prepare_head
from alzer.scans.formats import read_slice
from alzer.scans.reduction import reduce_slice
from alzer.scans.slice import Slice
from alzer.scans.volume import Volume
from alzer.settings import Limits
from alzer.stopwatch import Stopwatch
from alzer.volumes.pipeline import PreparedVolume

__all__ = ["BATCH_SIZE", "DEFAULT_LIMITS", "Analysis", "analyse", "analyse_many"]

DEFAULT_LIMITS = Limits()

# Images per forward pass of a cohort. More buys nothing on a CPU and delays the
# first answers (ARCHITECTURE: about the same per image at 1, 8 and 32).
BATCH_SIZE = 8


def analyse(
    source: bytes | Slice | Volume | PreparedVolume,
    model: Model,
    limits: Limits = DEFAULT_LIMITS,
    read: Callable[[bytes, Limits], Slice] = read_slice,
    prepare: Callable[[Volume], PreparedVolume] = prepare_head,
) -> Analysis:
    """Predict how impaired a person looks, and explain what the answer rests on.

    Args:
        source: A file's bytes in any format that `read_slice` knows, a slice, or a
            whole head, prepared already or not.
        model: What answers.
        limits: How large the file may be.
        read: What reads files; as `read_slice` does.
        prepare: What brings a whole head to the standard slices.

    Returns:
        The answer: for a slice, or for the person whose head it is.

    Raises:
        UnusableScan: If the scan can't be analysed; the message says why.
    """
    if isinstance(source, Volume):
        source = prepare(source)
    if isinstance(source, PreparedVolume):
        return analyse_volume(source, model)
    return _answer([_begin(source, model, limits, read)], model)[0]


def analyse_many(
    sources: Iterable[bytes | Slice], model: Model, limits: Limits = DEFAULT_LIMITS
) -> Iterator[Analysis | UnusableScan]:
    """Analyse many slices in batches; one that can't be used stops nothing.

    Args:
        sources: Files or slices as for `analyse`; read as they are needed.
        model: What answers.
        limits: How large each file may be.

    Yields:
        For each source in order, its analysis or why there is none.
    """
    waiting = iter(sources)
    while batch := list(islice(waiting, BATCH_SIZE)):
        outcomes = [_try_to_begin(source, model, limits) for source in batch]
        usable = [outcome for outcome in outcomes if isinstance(outcome, _Begun)]
        answers = iter(_answer(usable, model))
        for outcome in outcomes:
            yield next(answers) if isinstance(outcome, _Begun) else outcome


@dataclass(frozen=True)
class _Begun:
    """A slice that waits for the network, and the time that it took so far."""

    ready: ReadySlice
    stopwatch: Stopwatch


def _try_to_begin(
    source: bytes | Slice, model: Model, limits: Limits
) -> _Begun | UnusableScan:
    try:
        return _begin(source, model, limits, read_slice)
    except UnusableScan as refusal:
        return refusal


def _begin(
    source: bytes | Slice,
    model: Model,
    limits: Limits,
    read: Callable[[bytes, Limits], Slice],
) -> _Begun:
    stopwatch = Stopwatch()
    scan = source if isinstance(source, Slice) else read(source, limits)
    scan = reduce_slice(scan)  # what is given as a Slice may have any size
    stopwatch.lap("read")
    ready = make_ready(scan, model.spec)
    stopwatch.lap("validate")
    return _Begun(ready, stopwatch)


def _answer(begun: list[_Begun], model: Model) -> list[Analysis]:
    if not begun:
        return []
    started = time.perf_counter()
    slices = predict([one.ready for one in begun], model)
    share_ms = (time.perf_counter() - started) * 1000.0 / len(begun)
    answers = []
    for one, analysed in zip(begun, slices, strict=True):
        one.stopwatch.add("infer", share_ms)
        answers.append(_finish(one, analysed, model))
    return answers


def _finish(begun: _Begun, analysed: AnalysedSlice, model: Model) -> Analysis:
    concluded = analysed.conclusion
    explanation = explain(analysed, concluded.label, begun.stopwatch)
    return Analysis(
        probabilities=concluded.probabilities,
        slices=(analysed,),
        leading=0,
        heat=explanation.heat,
        overlay_png=explanation.overlay_png,
        no_heatmap_reason=explanation.missing_reason,
        warnings=(
            *concluded.warnings,
            *begun.ready.warnings,
            *concluded.class_warnings,
        ),
        model=model.identity,
        reliable=concluded.reliable,
        unreliable_reason=concluded.unreliable_reason,
        possible_classes=concluded.possible_classes,
        calibrated=model.decision.calibrated,
        timings_ms=begun.stopwatch.total(),
        second_opinion=give_second_opinion(
            [analysed], concluded, model.second_opinion, "this slice"
        ),
    )
