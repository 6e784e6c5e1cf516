"""A whole head in, one answer for the person out.

Each standard slice goes the way of a slice that was sent alone; what they say
together is concluded once, by the limits that were fitted on people.
"""

from collections.abc import Callable
from dataclasses import replace
from functools import cache

import numpy as np
from numpy.typing import NDArray

from alzer.analysed_slice import (
    AnalysedSlice,
    ReadySlice,
    give_second_opinion,
    make_ready,
    predict,
)
from alzer.answer import Analysis
from alzer.conclusion import Conclusion, conclude_person
from alzer.errors import ConstantImage, FailedPreparation, NotBrainLike
from alzer.explanation import choose_leading, explain
from alzer.model.engine import Model
from alzer.scans.slice import Slice
from alzer.scans.volume import Volume
from alzer.stopwatch import Stopwatch
from alzer.volumes.brain_extraction import BrainNetworks, load_brain_networks
from alzer.volumes.pipeline import PreparedVolume, prepare_volume

# Slices per step, between which the work can be ended, and slices that others sent
# have their turn. The network runs them one by one in any case.
_SLICES_AT_ONCE = 1

_EMPTY = (
    "{count} of the {total} standard slices are empty: the scan does not cover the "
    "middle of the brain. Send a scan of the whole head."
)


def prepare_head(
    volume: Volume,
    on_stage: Callable[[str, float], None] = lambda _stage, _share: None,
) -> PreparedVolume:
    """Bring a whole head to the standard slices, with the networks that ship.

    Args:
        volume: A T1-weighted scan of a head.
        on_stage: As for `prepare_volume`.

    Returns:
        The slices, and what they rest on.

    Raises:
        UnusableScan: If it can't be prepared; the message says why.
    """
    return prepare_volume(volume, _networks(), on_stage)


@cache
def _networks() -> BrainNetworks:
    return load_brain_networks()


def analyse_volume(
    prepared: PreparedVolume,
    model: Model,
    on_stage: Callable[[str, float], None] = lambda _stage, _share: None,
) -> Analysis:
    """Answer for a person from the standard slices of their head.

    Args:
        prepared: The head.
        model: What answers.
        on_stage: Told `predict` and the share of the slices that are done, 0 to 1;
            whatever it raises ends the work.

    Returns:
        One answer, with every slice.

    Raises:
        FailedPreparation: If the head was not prepared well enough to be answered for.
        NotBrainLike: If standard slices are empty.
    """
    stopwatch = Stopwatch()
    for stage, seconds in prepared.seconds.items():
        stopwatch.add(stage, seconds * 1000.0)
    ready = _make_ready(prepared, model)
    stopwatch.lap("validate")
    slices, concluded = _answer(ready, prepared, model, on_stage)
    stopwatch.lap("infer")
    leading = choose_leading(slices, concluded.label)
    explanation = explain(slices[leading], concluded.label, stopwatch)
    return Analysis(
        probabilities=concluded.probabilities,
        slices=tuple(slices),
        leading=leading,
        heat=explanation.heat,
        overlay_png=explanation.overlay_png,
        no_heatmap_reason=explanation.missing_reason,
        warnings=(
            *concluded.warnings,
            *prepared.quality.reasons,
            *prepared.volume.warnings,
            *concluded.class_warnings,
        ),
        model=model.identity,
        reliable=concluded.reliable,
        unreliable_reason=concluded.unreliable_reason,
        possible_classes=concluded.possible_classes,
        calibrated=model.person.calibrated,
        timings_ms=stopwatch.total(),
        preparation=prepared,
        second_opinion=give_second_opinion(
            slices, concluded, model.second_opinion, "this person"
        ),
    )


def standard_slices(prepared: PreparedVolume) -> list[Slice]:
    """Return the standard slices as slices that say how they lie in the patient.

    Args:
        prepared: A head.

    Returns:
        From below upwards; their affines lead to standard space. They have no
        spacing: the model was trained on them with square pixels.
    """
    slab = prepared.slab
    scan_to_standard = np.linalg.inv(prepared.registration.to_scan)
    affine = scan_to_standard @ prepared.volume.affine @ slab.to_scan_voxels
    return [
        Slice(
            pixels=pixels,
            format=prepared.volume.source,
            display_range=(0.0, 255.0),
            affine=_lay_flat(affine, index),
        )
        for index, pixels in enumerate(slab.slices)
    ]


def usable_slices(prepared: PreparedVolume) -> list[Slice]:
    """Return the standard slices of a head that may be answered for.

    Args:
        prepared: A head.

    Returns:
        As `standard_slices` gives them.

    Raises:
        FailedPreparation: If it was not prepared well enough.
        NotBrainLike: If slices are empty.
    """
    if prepared.quality.verdict == "failed":
        reasons = " ".join(prepared.quality.reasons)
        raise FailedPreparation(f"{reasons} No prediction was made.".strip())
    scans = standard_slices(prepared)
    empty = sum(not scan.pixels.any() for scan in scans)
    if empty:
        raise NotBrainLike(_EMPTY.format(count=empty, total=len(scans)))
    return scans


def _lay_flat(affine: NDArray[np.float64], index: int) -> NDArray[np.float64]:
    """Return the affine of one slice, from (row, column, slice, 1)."""
    flat = affine[:, [1, 2, 0, 3]].copy()
    flat[:, 3] += index * affine[:, 0]
    return flat


def _make_ready(prepared: PreparedVolume, model: Model) -> list[ReadySlice]:
    scans = usable_slices(prepared)
    try:
        return [make_ready(scan, model.spec, must_look_right=False) for scan in scans]
    except ConstantImage as error:
        raise NotBrainLike(_EMPTY.format(count="Some", total=len(scans))) from error


def _answer(
    ready: list[ReadySlice],
    prepared: PreparedVolume,
    model: Model,
    on_stage: Callable[[str, float], None],
) -> tuple[list[AnalysedSlice], Conclusion]:
    """Answer for each slice and for the person, again if it is too close to tell."""
    steps = range(0, len(ready), _SLICES_AT_ONCE)
    batches = [ready[start : start + _SLICES_AT_ONCE] for start in steps]
    for exactly in (False, True):
        slices: list[AnalysedSlice] = []
        for batch in batches:
            on_stage("predict", 1.0 if exactly else len(slices) / len(ready))
            slices += predict(batch, model, exactly=exactly)
        concluded = _conclude(slices, model)
        if model.settles_person(np.array(concluded.probabilities)):
            break
    on_stage("predict", 1.0)
    placed = zip(slices, prepared.slab.z_mm, strict=True)
    counted = model.person.pooling.counted(len(slices))
    return [
        replace(one, index=index, z_mm=float(z_mm), counted=index < counted)
        for index, (one, z_mm) in enumerate(placed)
    ], concluded


def _conclude(slices: list[AnalysedSlice], model: Model) -> Conclusion:
    logits = np.stack([one.evidence.logits for one in slices])
    flagged = np.array([one.conclusion.reliable is False for one in slices])
    return conclude_person(logits, flagged, (), model.person)
