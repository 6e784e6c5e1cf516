"""Whether each engine and arithmetic answers as fp32 does, in all that it says.

Every slice is run with its mirror image, as in an analysis. Shown are the answers
that differ, the share that is repeated in fp32, what that costs, and the largest
errors close to a limit, which the tolerance of the repeats has to exceed.
"""

import argparse
import time
from collections.abc import Iterator, Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from reporting import quantile_ms, report
from subjects import chosen_bundle, data_folder

from alzer.explain.gradcam import grad_cam
from alzer.model.decision import Decision, Tolerance
from alzer.model.engine import BF16_TOLERANCE, Model, load_model
from alzer.model.evidence import Evidence, concatenate
from alzer.model.openvino_engine import has_bf16
from alzer.model.runtimes import Runtime, is_installed
from alzer.training.cohort import prepare_slices
from alzer.training.tables import load_cohort

EXACT: Final = Runtime("openvino", "fp32")
BF16: Final = Runtime("openvino", "bf16")
OTHERS: Final = (
    BF16,
    Runtime("openvino", "bf16-checked"),
    Runtime("onnxruntime", "fp32"),
)

# Errors count where fp32 is closer to a limit than this many tolerances.
NEAR: Final = 2.0


def usable() -> tuple[Runtime, ...]:
    """Return what this machine can run, the exact one first."""
    return (
        EXACT,
        *(
            runtime
            for runtime in OTHERS
            if is_installed(runtime.engine)
            and (runtime.precision == "fp32" or has_bf16())
        ),
    )


def run_all(
    models: dict[Runtime, Model], images: NDArray[np.float16]
) -> tuple[dict[Runtime, Evidence], dict[Runtime, list[float]]]:
    """Run every image in every way, in turn.

    Args:
        models: By runtime.
        images: shape (slice, row, column), prepared.

    Returns:
        Evidence and durations in seconds by runtime.
    """
    durations: dict[Runtime, list[float]] = {runtime: [] for runtime in models}
    parts: dict[Runtime, list[Evidence]] = {runtime: [] for runtime in models}
    for image in images:
        for runtime, model in models.items():
            batch = image.astype(np.float32)[None, None]
            started = time.perf_counter()
            parts[runtime].append(model.run(batch))
            durations[runtime].append(time.perf_counter() - started)
    return {name: concatenate(found) for name, found in parts.items()}, durations


def answers(evidence: Evidence, decision: Decision) -> list[tuple[object, ...]]:
    """Return what is said of each slice: all that depends on the network.

    Class, whether it is in distribution, the classes that stay possible, and
    whether there is a heatmap; the warnings follow from these.
    """
    scores: Sequence[float | None] = (
        [None] * len(evidence.logits)
        if evidence.ood_score is None
        else evidence.ood_score.tolist()
    )
    said: list[tuple[object, ...]] = []
    for logits, maps, score in zip(evidence.logits, evidence.maps, scores, strict=True):
        probabilities = softmax(logits)
        label = int(np.argmax(probabilities))
        reliable = decision.in_distribution(score)
        possible = None if reliable is False else decision.prediction_set(probabilities)
        said.append((label, reliable, possible, grad_cam(maps, label) is None))
    return said


def softmax(logits: NDArray[np.float32]) -> list[float]:
    """Return the probabilities of one slice, as an analysis has them."""
    powers = np.exp(logits.astype(np.float64) - float(logits.max()))
    return [float(power) for power in powers / powers.sum()]


def disagreement(
    one: list[tuple[object, ...]], other: list[tuple[object, ...]]
) -> Iterator[tuple[str, int]]:
    """Yield how many answers differ: as a whole, and each part of them."""
    yield "answers that differ", sum(a != b for a, b in zip(one, other, strict=True))
    parts = ("class", "reliable", "possible classes", "heatmap or none")
    for place, part in enumerate(parts):
        differ = (a[place] != b[place] for a, b in zip(one, other, strict=True))
        yield f"of these, {part}", sum(differ)


def largest_errors(
    exact: Evidence, other: Evidence, decision: Decision, tolerance: Tolerance
) -> Iterator[tuple[str, float]]:
    """Yield the largest errors of slices that are near a limit in fp32."""
    near, own, rows = (
        decision.margins(exact),
        exact.logits,
        np.arange(len(exact.logits)),
    )
    first, second = np.argsort(-own, axis=1)[:, :2].T
    errors = other.logits - own
    apart = np.abs(errors[rows, first] - errors[rows, second])
    yield "best two logits", _largest(apart, near.lead < NEAR * tolerance.logits)
    for label, bound in enumerate(decision.thresholds or ()):
        if bound is not None:
            odds, limit = log_odds(own, label), np.log(bound / (1.0 - bound))
            close = np.abs(odds - limit) < NEAR * tolerance.logits
            moved = np.abs(log_odds(other.logits, label) - odds)
            yield f"log odds of class {label}", _largest(moved, close)
    if exact.ood_score is not None and other.ood_score is not None:
        moved = np.abs(other.ood_score - exact.ood_score) / (decision.ood_limit or 1.0)
        close = near.ood_share < NEAR * tolerance.ood_share
        yield "OOD score, share of its limit", _largest(moved, close)
    heights = [
        each.maps[rows, first].max(axis=(1, 2)) / np.abs(each.maps).max(axis=(1, 2, 3))
        for each in (exact, other)
    ]
    close = near.map_share < NEAR * tolerance.map_share
    yield "map's highest value, share", _largest(np.abs(heights[0] - heights[1]), close)


def log_odds(logits: NDArray[np.float32], label: int) -> NDArray[np.float64]:
    """Return the log odds of one class, shape (n,)."""
    exact = logits.astype(np.float64)
    rest = np.delete(exact, label, axis=1)
    return np.asarray(exact[:, label] - np.logaddexp.reduce(rest, axis=1))


def _largest(errors: NDArray[Any], close: NDArray[np.bool_]) -> float:
    return float(errors[close].max(initial=0.0))


def compare(images: NDArray[np.float16]) -> dict[str, Any]:
    """Compare everything that this machine can run with fp32.

    Args:
        images: shape (slice, row, column), prepared.

    Returns:
        Figures by name.
    """
    bundle = chosen_bundle()
    models = {
        runtime: load_model(bundle, runtime.engine, runtime.precision)
        for runtime in usable()
    }
    evidence, durations = run_all(models, images)
    exact, decision = evidence[EXACT], bundle.decision
    figures: dict[str, Any] = {"slices": len(images)}
    for runtime, spent in durations.items():
        figures[f"{runtime}: ms, median"] = quantile_ms(spent)
        figures[f"{runtime}: ms, mean"] = float(np.mean(spent)) * 1e3
    for runtime, found in evidence.items():
        if runtime == EXACT:
            continue
        pairs = disagreement(answers(exact, decision), answers(found, decision))
        figures |= {f"{runtime}: {name}": count for name, count in pairs}
        figures |= map_errors(runtime, exact, found)
    if BF16 in evidence:
        figures |= tolerances(exact, evidence[BF16], decision)
    return figures


def map_errors(runtime: Runtime, exact: Evidence, other: Evidence) -> dict[str, float]:
    """Return the errors of maps as shares of the largest value of a slice's maps."""
    axes = (1, 2, 3)
    errors = np.abs(exact.maps - other.maps).max(axis=axes)
    shares = errors / np.abs(exact.maps).max(axis=axes)
    return {
        f"{runtime}: map error, median": float(np.median(shares)),
        f"{runtime}: map error, largest": float(shares.max()),
    }


def tolerances(exact: Evidence, bf16: Evidence, decision: Decision) -> dict[str, Any]:
    """Return what the tolerances of bf16-checked must exceed, and what they cost."""
    settled = decision.is_settled(bf16, BF16_TOLERANCE)
    margins, tolerance = decision.margins(bf16), BF16_TOLERANCE
    reasons = {
        "best two logits": margins.lead < tolerance.logits,
        "log odds": margins.odds < tolerance.logits,
        "OOD score": margins.ood_share < tolerance.ood_share,
        "map": margins.map_share < tolerance.map_share,
    }
    return {
        "tolerance": str(tolerance),
        "repeated in fp32, share": float(np.mean(~settled)),
        **{
            f"repeated for {why}, share": float(is_.mean())
            for why, is_ in reasons.items()
        },
        **{
            f"largest error near a limit, {name}": error
            for name, error in largest_errors(exact, bf16, decision, tolerance)
        },
    }


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--every", type=int, default=1, help="take every n-th slice")
    parser.add_argument("--json", action="store_true")
    chosen = parser.parse_args()
    cohort = load_cohort(data_folder() / "oasis1-axial")
    slices = cohort.slices[:: chosen.every]
    images = prepare_slices(slices, chosen_bundle().spec)
    report("precision", compare(images), as_json=chosen.json)


if __name__ == "__main__":
    main()
