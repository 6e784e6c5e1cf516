"""What two processes of a cluster do, and what Ray takes for itself, on two cores.

    python benchmarks/scale.py [--slices 200] [--rounds 3] [--write]

Prints slices per second of one process on one core of its own, and of two on one each,
from the first answer to the last, so that starts don't count; the median of some
rounds, which take turns so that a busy machine is unfair to none. What Ray adds to a
slice is the median of the time on one core with it, less that without it. Then the
sizes of `sizing.py`; --write keeps what was measured for it.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from statistics import median
from typing import Final

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

import sizing  # beside this file

from alzer.backends.ray.cluster import connected
from alzer.backends.ray.pools import Pool, work
from alzer.cli.cluster_order import Order, settings_for
from alzer.cli.cluster_tasks import Task
from alzer.cli.cluster_work import HeadWorker, SliceWorker
from alzer.cli.further_files import NO_EXTRAS
from alzer.cli.inputs import Input
from alzer.cli.shards import MODEL, SETTINGS
from alzer.explain.volume_evidence import encode_nifti
from alzer.model.bundle import load_bundle, shipped_bundle
from alzer.settings import Settings
from heads import draw_average_head
from phantoms import as_jpeg, draw_brain

_DRAWN: Final = 8
_BATCH: Final = 8
_HEADS: Final = 3

# Without Ray, on one core: a process of its own, which says its times.
_ALONE: Final = "--alone"


def order(folder: Path) -> Order:
    """Describe the work, on the model that ships."""
    settings = Settings(threads=1)
    identity = {MODEL: load_bundle(shipped_bundle()).sha256, SETTINGS: ""}
    results = str(folder / "results")
    return Order(settings_for(settings), results, NO_EXTRAS, identity, str(folder))


def draw(folder: Path, count: int) -> tuple[list[str], list[str]]:
    """Draw slices and heads; return the tasks of both."""
    contents = [as_jpeg(draw_brain(seed=seed)) for seed in range(_DRAWN)]
    slices, heads = [], []
    for index in range(count):
        path = folder / f"{index:05}.jpg"
        path.write_bytes(contents[index % _DRAWN])
        slices.append(Task(Input(str(path))).as_text())
    for index in range(_HEADS):
        head = draw_average_head(seed=index).volume
        path = folder / f"head-{index}.nii.gz"
        path.write_bytes(encode_nifti(head.voxels, head.affine, "phantom"))
        heads.append(Task(Input(str(path))).as_text())
    return slices, heads


def per_second(
    make: Callable[[], SliceWorker], most: int, items: Sequence[str]
) -> float:
    """Return answers per second, once all processes answer."""
    pool = Pool(make, most, _BATCH)
    moments = [time.perf_counter() for _ in work(pool, items)]
    # The first quarter, in which processes may still start, is left out.
    start = len(moments) // 4
    return (len(moments) - 1 - start) / (moments[-1] - moments[start])


def alone(folder: Path, count: int) -> None:
    """Print seconds per slice, of a batch each, and per head; without Ray.

    They are those of the processor: what else the machine does doesn't count.
    """
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    slices, heads = draw(folder, count)
    reader, whole = SliceWorker(order(folder)), HeadWorker(order(folder))
    reader.answer(slices[:_BATCH])
    times = []
    for start in range(0, count, _BATCH):
        items = slices[start : start + _BATCH]
        begun = time.process_time()
        reader.answer(items)
        times.append((time.process_time() - begun) / len(items))
    of_heads = []
    for item in heads:
        begun = time.process_time()
        whole.answer([item])
        of_heads.append(time.process_time() - begun)
    print(json.dumps({"slice_s": times, "head_s": of_heads}))
    sys.stdout.flush()
    os._exit(0)  # decoders end with it


def measure(count: int, rounds: int) -> dict[str, object]:
    """Measure, and print what was found."""
    with tempfile.TemporaryDirectory(prefix="alzer-scale-") as name:
        folder = Path(name)
        command = [sys.executable, __file__, _ALONE, "--slices", str(count)]
        told = subprocess.run(command, check=True, capture_output=True)  # noqa: S603 - this file
        facts = json.loads(told.stdout)
        slices, _ = draw(folder, count)
        make = partial(SliceWorker, order(folder))
        pace: dict[int, list[float]] = {1: [], 2: []}
        with connected("local"):
            for _ in range(rounds):
                for most, found in pace.items():
                    found.append(per_second(make, most, slices))
    one, two = median(pace[1]), median(pace[2])
    overhead = 1000.0 * max(0.0, 1.0 / one - median(facts["slice_s"]))
    print(f"one process:  {one:.1f} slices per second ({pace[1]})")
    print(f"two:          {two:.1f} slices per second ({pace[2]}), {two / one:.2f} x")
    print(f"without Ray:  {1.0 / median(facts['slice_s']):.1f} slices per second")
    print(f"Ray adds:     {overhead:.1f} ms to a slice")
    print(f"a whole head: {median(facts['head_s']):.1f} s on one core")
    rounded = {key: [round(one, 4) for one in facts[key]] for key in facts}
    about = (
        "Seconds of the processor on one core, drawn scans; what Ray was seen to add"
    )
    return {"about": about, **rounded, "overhead_ms": round(overhead, 2)}


def main() -> None:
    """Measure, and print the sizes."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--slices", type=int, default=200)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--write", action="store_true", help="keep what was measured")
    parser.add_argument(_ALONE, action="store_true", help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.alone:
        with tempfile.TemporaryDirectory(prefix="alzer-scale-") as folder:
            alone(Path(folder), chosen.slices)
    facts = measure(chosen.slices, chosen.rounds)
    if chosen.write:
        sizing.INPUTS.write_text(json.dumps(facts, indent=1) + "\n", "utf-8")
    print(sizing.table())


if __name__ == "__main__":
    main()
