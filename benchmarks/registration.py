"""How far registrations of moved heads are off, and how long they take.

Each head is moved by affine maps that are known (`known_affines.py`). A registration
of the moved head should be that of the head as it came, moved likewise: the distance
of the two, over points of the brain, is the error. Aims: mean at most 0.5 mm, worst
point at most 2 mm, none that fails unnoticed, at most 5 s on two threads.

    .venv-test/bin/python benchmarks/registration.py --cases 50 --checkpoint rows.jsonl

What a checkpoint holds already is not computed again. `--others` adds SimpleITK and
dipy, where they are installed.
"""

import argparse
import json
import time
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from known_affines import KnownCase, draw_case
from nibabel.nifti1 import Nifti1Image
from numpy.typing import NDArray
from other_registrations import Contender, load_dipy, load_simpleitk
from reporting import report
from subjects import data_folder

from alzer.scans.volume import Volume
from alzer.volumes.brain_extraction import extract_brain, load_brain_networks
from alzer.volumes.registration import load_targets, register, shrink_thrice
from alzer.volumes.sampling import Interpolator, transform_points
from alzer.volumes.shrinking import cut_brain

Matrix = NDArray[np.float64]

# A registration whose worst point is further off than this has failed.
FAILED_MM = 2.0


@dataclass(frozen=True)
class Row:
    """One registration.

    Attributes:
        contender: Which way of registering.
        head: Which head.
        case: Which map, by number.
        header_lies: Whether the header turned the head by right angles.
        mean_mm: Mean error over points of the brain.
        worst_mm: Largest error.
        similarity: Correlation with the template at 2 mm.
        seconds: How long it took.
        processor_s: How long the processor worked on it, all threads together.
    """

    contender: str
    head: str
    case: int
    header_lies: bool
    mean_mm: float
    worst_mm: float
    similarity: float
    seconds: float
    processor_s: float


def load_contenders(*, others: bool) -> dict[str, Contender]:
    """Return ways of registering by name."""
    contenders: dict[str, Contender] = {
        "alzer": lambda volume, mask: register(volume, mask).to_scan
    }
    if others:
        contenders["SimpleITK alone"] = load_simpleitk(searching=False)
        contenders["SimpleITK after our search"] = load_simpleitk(searching=True)
        contenders["dipy after our search"] = load_dipy()
    return contenders


def read_heads(limit: int) -> Iterator[tuple[str, Volume, NDArray[np.bool_]]]:
    """Yield each head's name, scan and brain."""
    networks = load_brain_networks()
    files = sorted((data_folder() / "volumes").glob("sub-*.nii.gz"))
    for file in files[:limit]:
        image = Nifti1Image.from_filename(file)
        voxels = image.get_fdata(dtype=np.float32)
        volume = Volume(voxels, np.asarray(image.affine, np.float64), "NIfTI")
        yield file.name[4:8], volume, extract_brain(volume, networks)


def measure(
    contender: Contender, case: KnownCase, truth: Matrix
) -> tuple[Mapping[str, float], Matrix]:
    """Register a case and compare it with what is known.

    Args:
        contender: What registers.
        case: What to register.
        truth: From standard space to the moved scan.

    Returns:
        The figures of a Row, and the map.
    """
    started, worked = time.perf_counter(), time.process_time()
    found = contender(case.volume, case.mask)
    seconds = time.perf_counter() - started
    processor_s = time.process_time() - worked
    target = load_targets()[1]
    apart = transform_points(found, target.points) - transform_points(
        truth, target.points
    )
    errors = np.linalg.norm(apart, axis=0)
    figures = {
        "mean_mm": float(errors.mean()),
        "worst_mm": float(errors.max()),
        "similarity": compare(case.volume, case.mask, found),
        "seconds": seconds,
        "processor_s": processor_s,
    }
    return figures, found


def compare(volume: Volume, mask: NDArray[np.bool_], found: Matrix) -> float:
    """Compute the similarity that a map gives, whoever found it."""
    target, fine = load_targets()[2], shrink_thrice(cut_brain(volume, mask))[2]
    return target.compare(target.read(fine, found, Interpolator.of(fine.voxels)))


def run(
    contenders: Mapping[str, Contender], arguments: argparse.Namespace
) -> list[Row]:
    """Measure everything that the checkpoint does not hold yet."""
    rows = read_rows(arguments.checkpoint)
    done = {(row.contender, row.head, row.case) for row in rows}
    for head, volume, mask in read_heads(arguments.heads):
        plain = {name: contend(volume, mask) for name, contend in contenders.items()}
        for number in range(arguments.cases):
            seed = [int(head), number]
            case = draw_case(volume, mask, np.random.default_rng(seed))
            for name, contender in contenders.items():
                if (name, head, number) in done:
                    continue
                figures, _ = measure(contender, case, case.moved @ plain[name])
                row = Row(name, head, number, case.header_lies, **figures)
                rows.append(row)
                write_row(arguments.checkpoint, row)
    return rows


def read_rows(checkpoint: Path | None) -> list[Row]:
    """Return what was measured before."""
    if checkpoint is None or not checkpoint.exists():
        return []
    return [Row(**json.loads(line)) for line in checkpoint.read_text().splitlines()]


def write_row(checkpoint: Path | None, row: Row) -> None:
    """Append a row, and print it."""
    print(json.dumps(asdict(row)), flush=True)
    if checkpoint is not None:
        with checkpoint.open("a", encoding="utf-8") as file:
            file.write(json.dumps(asdict(row)) + "\n")


def summarise(rows: list[Row]) -> dict[str, float | int]:
    """Return the figures of one contender."""
    right = [row for row in rows if row.worst_mm <= FAILED_MM]
    failed = [row for row in rows if row.worst_mm > FAILED_MM]
    return {
        "registrations": len(rows),
        "failed": len(failed),
        "mean error mm": float(np.mean([row.mean_mm for row in rows])),
        "mean error where it did not fail mm": float(
            np.mean([row.mean_mm for row in right]) if right else np.nan
        ),
        "worst point mm": max(row.worst_mm for row in rows),
        "least similarity where it did not fail": min(
            (row.similarity for row in right), default=np.nan
        ),
        "largest similarity where it failed": max(
            (row.similarity for row in failed), default=np.nan
        ),
        "seconds, median": float(np.median([row.seconds for row in rows])),
        "seconds, most": max(row.seconds for row in rows),
        "seconds of the processor, median": float(
            np.median([row.processor_s for row in rows])
        ),
    }


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n", maxsplit=1)[0])
    parser.add_argument("--heads", type=int, default=8)
    parser.add_argument("--cases", type=int, default=3, help="per head")
    parser.add_argument("--checkpoint", type=Path)
    parser.add_argument("--others", action="store_true", help="SimpleITK and dipy, too")
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    rows = run(load_contenders(others=arguments.others), arguments)
    for name in dict.fromkeys(row.contender for row in rows):
        chosen = [row for row in rows if row.contender == name]
        report(f"registration, {name}", summarise(chosen), as_json=arguments.json)


if __name__ == "__main__":
    main()
