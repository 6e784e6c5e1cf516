"""What a GPU gains, and whether it answers as the processor does in fp32.

Every slice is run with its mirror image, as in an analysis, and gives logits, maps and
OOD score. Shown are slices per second by the size of the batch, the answers that differ
from the processor's, the largest error, and the stages of a whole head where one is
given. Without a GPU the engines of the processor are compared with one another.
"""

import argparse
import time
from pathlib import Path
from typing import Final

import numpy as np
from precision import answers
from reporting import report
from subjects import chosen_bundle, data_folder

from alzer.errors import EngineUnavailable
from alzer.model.bundle import Bundle
from alzer.model.engine import Model, load_model
from alzer.model.evidence import Floats
from alzer.model.measurement import differs_by
from alzer.scans.paths import read_scans
from alzer.scans.volume import Volume
from alzer.settings import EngineName
from alzer.training.cohort import prepare_slices
from alzer.training.tables import load_cohort
from alzer.volumes.brain_extraction import extract_brain, load_brain_networks

ENGINES: Final[tuple[EngineName, ...]] = (
    "openvino",
    "onnxruntime",
    "openvino-gpu",
    "onnxruntime-cuda",
)
SIZES: Final = (1, 8, 64)
ROUNDS: Final = 5


def speeds(model: Model, images: Floats) -> dict[str, float]:
    """Return slices per second by the size of the batch, medians."""
    found = {}
    for size in SIZES:
        batch = np.resize(images, (size, *images.shape[1:]))
        model.run(batch)
        spent = []
        for _ in range(ROUNDS):
            started = time.perf_counter()
            model.run(batch)
            spent.append(time.perf_counter() - started)
        found[f"slices per second, {size} at once"] = round(
            size / float(np.median(spent)), 1
        )
    return found


def brain_seconds(engine: EngineName, head: Volume) -> float:
    """Return how long the brain of a head takes, the better of two runs."""
    networks = load_brain_networks(engine=engine)
    spent = []
    for _ in range(2):
        started = time.perf_counter()
        extract_brain(head, networks)
        spent.append(time.perf_counter() - started)
    return round(min(spent), 2)


def compare(engine: EngineName, bundle: Bundle, batch: Floats) -> dict[str, object]:
    """Return how fast an engine is, and how its answers differ from OpenVINO's fp32.

    Raises:
        EngineUnavailable: If this machine has no such engine.
    """
    model = load_model(bundle, engine, "fp32")
    exact = load_model(bundle, "openvino", "fp32").run(batch)
    found = model.run(batch)
    said = zip(
        answers(found, bundle.decision), answers(exact, bundle.decision), strict=True
    )
    return {
        **speeds(model, batch),
        "answers": len(batch),
        "answers that differ": sum(own != other for own, other in said),
        "largest error, as a share": differs_by(found, exact),
    }


def main() -> None:
    """Compare every engine that there is with OpenVINO's fp32."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--slices", type=int, default=200)
    parser.add_argument("--head", type=Path, help="a volume, to time its brain")
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    bundle = chosen_bundle()
    cohort = load_cohort(data_folder() / "oasis1-axial")
    every = max(len(cohort.slices) // given.slices, 1)
    images = prepare_slices(cohort.slices[::every], bundle.spec)
    batch = images.astype(np.float32)[:, None]
    heads = read_scans([given.head]) if given.head else []
    for engine in ENGINES:
        try:
            figures = compare(engine, bundle, batch)
            for head in heads:
                if isinstance(head, Volume):
                    figures["seconds for the brain"] = brain_seconds(engine, head)
        except EngineUnavailable as error:
            figures = {"not measured": error.message}
        report(engine, figures, as_json=given.json)


if __name__ == "__main__":
    main()
