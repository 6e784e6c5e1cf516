"""What preparing whole heads takes: seconds by stage, and memory.

Each head is prepared in this process, one after another; the first pays for loading
the networks and the template, which is printed apart.
"""

import argparse
import resource
import time
from pathlib import Path

import numpy as np
from nibabel.nifti1 import Nifti1Image
from reporting import report
from subjects import chosen_bundle, data_folder

from alzer.analysis import analyse_many
from alzer.errors import UnusableScan
from alzer.model.engine import Model, load_model
from alzer.scans.slice import Slice
from alzer.scans.volume import Volume
from alzer.volumes.brain_extraction import BrainNetworks, load_brain_networks
from alzer.volumes.pipeline import prepare_volume
from alzer.volumes.registration import load_targets
from alzer.volumes.slab import Slab


def read(file: Path) -> Volume:
    """Read a NIfTI."""
    image = Nifti1Image.from_filename(file)
    voxels = image.get_fdata(dtype=np.float32)
    return Volume(voxels, np.asarray(image.affine, np.float64), "NIfTI")


def as_slices(slab: Slab) -> list[Slice]:
    """Return the standard slices as the model's own reader would."""
    return [
        Slice(pixels, "NIfTI", (0.0, 255.0), spacing_mm=(1.0, 1.0))
        for pixels in slab.slices
    ]


def peak_mb() -> float:
    """Return the most memory that this process held."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024.0


def measure(file: Path, networks: BrainNetworks, model: Model) -> dict[str, float]:
    """Prepare one head and predict its slices."""
    started = time.perf_counter()
    volume = read(file)
    times = {"read s": time.perf_counter() - started}
    prepared = prepare_volume(volume, networks)
    times |= {f"{stage} s": seconds for stage, seconds in prepared.seconds.items()}
    started = time.perf_counter()
    answers = list(analyse_many(as_slices(prepared.slab), model))
    times["model s"] = time.perf_counter() - started
    usable = [answer for answer in answers if not isinstance(answer, UnusableScan)]
    return {
        **times,
        "total s": sum(times.values()),
        "peak MB": peak_mb(),
        "similarity": prepared.registration.similarity,
        "rotation degrees": prepared.registration.rotation_degrees,
        "scale": prepared.registration.scale,
        "P(No)": float(np.mean([answer.probabilities[0] for answer in usable])),
        "reliable slices": sum(bool(answer.reliable) for answer in usable),
    }


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n", maxsplit=1)[0])
    parser.add_argument("files", type=Path, nargs="*", help="NIfTI; else those of DATA")
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    files = arguments.files or sorted((data_folder() / "volumes").glob("sub-*.nii.gz"))
    started = time.perf_counter()
    networks, model = load_brain_networks(), load_model(chosen_bundle())
    load_targets()
    loading = {"loading s": time.perf_counter() - started, "peak MB": peak_mb()}
    report("volumes, once", loading, as_json=arguments.json)
    for file in files:
        figures = measure(file, networks, model)
        report(f"volumes, {file.name[:8]}", figures, as_json=arguments.json)


if __name__ == "__main__":
    main()
