"""Whether bf16 decides as fp32 does, on all slices."""

import argparse
import time
from typing import Any

import numpy as np
from numpy.typing import NDArray
from reporting import quantile_ms, report
from subjects import chosen_bundle, data_folder

from alzer.model.engine import Model, load_model
from alzer.model.evidence import Evidence
from alzer.settings import Precision
from alzer.training.cohort import prepare_slices
from alzer.training.tables import load_cohort

# The exact one first.
PRECISIONS: tuple[Precision, ...] = ("fp32", "bf16", "bf16-checked")


def run_one(
    model: Model, image: NDArray[np.float32], durations: list[float]
) -> Evidence:
    """Run one image and note how long it took."""
    started = time.perf_counter()
    evidence = model.run(image[None])
    durations.append(time.perf_counter() - started)
    return evidence


def compare(images: NDArray[np.float32]) -> dict[str, Any]:
    """Run every image in every precision, in turn.

    Args:
        images: shape (slice, channel = 1, row, column), prepared.

    Returns:
        Agreement, errors and durations of each precision against fp32.

    Raises:
        SystemExit: If the processor has no bf16.
    """
    bundle = chosen_bundle()
    models = {each: load_model(bundle, "openvino", each) for each in PRECISIONS}
    if models["bf16"].identity.precision != "bf16":
        message = "This processor has no bf16; there is nothing to compare."
        raise SystemExit(message)
    durations: dict[str, list[float]] = {each: [] for each in PRECISIONS}
    evidence: dict[str, list[Evidence]] = {each: [] for each in PRECISIONS}
    for image in images:
        for name, model in models.items():
            evidence[name].append(run_one(model, image, durations[name]))
    figures: dict[str, Any] = {"slices": len(images)}
    for name in PRECISIONS:
        figures[f"{name}: ms, median"] = quantile_ms(durations[name])
        figures[f"{name}: ms, mean"] = float(np.mean(durations[name])) * 1e3
    for name in PRECISIONS[1:]:
        figures |= disagreement(name, evidence["fp32"], evidence[name])
    return figures


def disagreement(
    name: str, exact: list[Evidence], other: list[Evidence]
) -> dict[str, Any]:
    """Say how far one precision is from fp32.

    Args:
        name: The other precision.
        exact: fp32's evidence.
        other: The other's, in the same order.

    Returns:
        Flipped decisions and the largest errors.
    """
    logits, others = (
        np.concatenate([each.logits for each in every]) for every in (exact, other)
    )
    rows = np.arange(len(logits))
    first, second = np.argsort(-logits, axis=1)[:, :2].T
    apart = (others - logits)[rows, first] - (others - logits)[rows, second]
    map_errors = [
        np.abs(one.maps - two.maps).max() / np.abs(one.maps).max()
        for one, two in zip(exact, other, strict=True)
    ]
    flips = (logits.argmax(axis=1) != others.argmax(axis=1)).sum()
    return {
        f"{name}: decisions that differ": int(flips),
        f"{name}: largest error between the best two": float(np.abs(apart).max()),
        f"{name}: the same, of closer calls than 0.2": float(
            np.abs(apart[logits[rows, first] - logits[rows, second] < 0.2]).max(
                initial=0.0
            )
        ),
        f"{name}: map error, median of maximum": float(np.median(map_errors)),
        f"{name}: map error, largest of maximum": float(np.max(map_errors)),
    }


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--every", type=int, default=1, help="take every n-th slice")
    parser.add_argument("--json", action="store_true")
    chosen = parser.parse_args()
    cohort = load_cohort(data_folder() / "oasis1-axial")
    slices = cohort.slices[:: chosen.every]
    images = prepare_slices(slices, chosen_bundle().spec).astype(np.float32)[:, None]
    report("precision", compare(images), as_json=chosen.json)


if __name__ == "__main__":
    main()
