"""Whether bf16 decides as fp32 does, on all validation slices of fold 0."""

import argparse
import time
from typing import Any

import numpy as np
from numpy.typing import NDArray
from reporting import quantile_ms, report
from subjects import chosen_bundle, data_folder

from alzer.model.engine import Evidence, Model, load_model
from alzer.training.cohort import load_cohort, prepare_slices, split


def run_one(
    model: Model, image: NDArray[np.float32], durations: list[float]
) -> Evidence:
    """Run one image and note how long it took."""
    started = time.perf_counter()
    evidence = model.run(image[None])
    durations.append(time.perf_counter() - started)
    return evidence


def compare(images: NDArray[np.float32]) -> dict[str, Any]:
    """Run every image in both precisions, in turn.

    Args:
        images: shape (slice, channel = 1, row, column), prepared.

    Returns:
        Agreement, errors and durations.

    Raises:
        SystemExit: If the processor has no bf16.
    """
    bundle = chosen_bundle()
    exact, quick = (load_model(bundle, "openvino", each) for each in ("fp32", "bf16"))
    if quick.identity.precision != "bf16":
        message = "This processor has no bf16; there is nothing to compare."
        raise SystemExit(message)
    exact_s: list[float] = []
    quick_s: list[float] = []
    flips, map_errors, logit_errors = 0, [], []
    for image in images:
        one, other = run_one(exact, image, exact_s), run_one(quick, image, quick_s)
        flips += int(one.logits.argmax() != other.logits.argmax())
        logit_errors.append(np.abs(one.logits - other.logits).max())
        map_errors.append(np.abs(one.maps - other.maps).max() / np.abs(one.maps).max())
    return {
        "slices": len(images),
        "decisions that differ": flips,
        "agreement": 1.0 - flips / len(images),
        "largest difference of a logit": float(np.max(logit_errors)),
        "map error, median of maximum": float(np.median(map_errors)),
        "map error, largest of maximum": float(np.max(map_errors)),
        "fp32 ms": quantile_ms(exact_s),
        "bf16 ms": quantile_ms(quick_s),
        "fp32 / bf16": quantile_ms(exact_s) / quantile_ms(quick_s),
    }


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--every", type=int, default=1, help="take every n-th slice")
    parser.add_argument("--json", action="store_true")
    chosen = parser.parse_args()
    cohort = load_cohort(data_folder() / "oasis1-axial")
    held_out = split(cohort, 0).validation[:: chosen.every]
    slices = [cohort.slices[index] for index in held_out]
    images = prepare_slices(slices, chosen_bundle().spec).astype(np.float32)[:, None]
    report("precision", compare(images), as_json=chosen.json)


if __name__ == "__main__":
    main()
