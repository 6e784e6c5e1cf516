"""Whether the answer for a head depends on how its file was written.

Two heads are of people whose slices are among the training's: their own slices are
compared with the resampled ones (correlation, mean probability of `No Impairment`,
equal classes). Then one head is written anew: in all 48 orders of its axes, mirrored
(a header that swaps left and right), with 0.7 to 1.5 mm, and with a bias field. The
probability should stay: by 0.03 against the own slices, by 0.02 otherwise.
"""

import argparse
import csv
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import permutations, product

import numpy as np
from numpy.typing import NDArray
from PIL import Image as Picture
from reporting import report
from subjects import chosen_bundle, data_folder

from alzer.analysis import analyse_many
from alzer.errors import UnusableScan
from alzer.model.engine import Model, load_model
from alzer.scans.slice import Slice
from alzer.scans.volume import Volume
from alzer.volumes.brain_extraction import BrainNetworks, load_brain_networks
from alzer.volumes.pipeline import prepare_volume
from alzer.volumes.sampling import (
    Interpolator,
    antialiasing_sigmas,
    blur,
    grid_points,
    transform_points,
)
from volumes import as_slices, read

# People whose whole head is at hand and whose own slices are not made smoother
# by what the head's file went through.
PEOPLE = ("0096", "0229")

SPACINGS_MM = (
    (0.7, 0.7, 0.7),
    (0.85, 0.85, 0.85),
    (1.2, 1.2, 1.2),
    (1.5, 1.5, 1.5),
    (1.0, 1.0, 1.5),
    (1.25, 1.0, 1.0),
)


def predict(slices: Sequence[Slice], model: Model) -> NDArray[np.float64]:
    """Return probabilities, shape (slice, class)."""
    answers = analyse_many(slices, model)
    usable = [answer for answer in answers if not isinstance(answer, UnusableScan)]
    return np.array([answer.probabilities for answer in usable])


def read_own_slices(number: str) -> NDArray[np.float32]:
    """Return a person's slices of the training, shape (slice, row, column)."""
    folder = data_folder() / "oasis1-axial"
    with (folder / "folds.csv").open(encoding="utf-8") as table:
        names = {row["oasis1_id"][5:9]: row["subject"] for row in csv.DictReader(table)}
    with (folder / "slices.csv").open(encoding="utf-8") as table:
        rows = [row for row in csv.DictReader(table) if row["subject"] == names[number]]
    rows.sort(key=lambda row: int(row["slice"]))
    pictures = [Picture.open(folder / row["file"]).convert("L") for row in rows]
    return np.array([np.asarray(picture, np.float32) for picture in pictures])


def orientations(volume: Volume) -> Iterator[tuple[str, Volume]]:
    """Yield the volume with its axes in every order and direction; equal heads."""
    for order, signs in product(permutations(range(3)), product((1, -1), repeat=3)):
        voxels = volume.voxels.transpose(order)
        affine = volume.affine[:, [*order, 3]]
        for axis, sign in enumerate(signs):
            if sign < 0:
                affine = affine.copy()
                affine[:3, 3] += affine[:3, axis] * (voxels.shape[axis] - 1)
                affine[:3, axis] *= -1.0
                voxels = np.flip(voxels, axis)
        name = f"orientation {order} {signs}"
        yield name, Volume(np.ascontiguousarray(voxels), affine, volume.source)


def mirrored(volume: Volume) -> Volume:
    """Return the volume under a header that swaps left and right."""
    return replace(volume, affine=np.diag([-1.0, 1.0, 1.0, 1.0]) @ volume.affine)


def resampled(volume: Volume, spacing_mm: tuple[float, float, float]) -> Volume:
    """Return the volume on another grid along the same axes."""
    steps = np.array(spacing_mm) / np.array(volume.spacing_mm)
    i, j, k = (int(n) for n in np.floor(np.array(volume.voxels.shape) / steps))
    to_old = np.diag([*steps, 1.0])
    smooth = Interpolator.of(blur(volume.voxels, antialiasing_sigmas(steps)))
    voxels = smooth.at(transform_points(to_old, grid_points((i, j, k))))
    return Volume(voxels.reshape(i, j, k), volume.affine @ to_old, volume.source)


def shaded(volume: Volume, share: float) -> Volume:
    """Return the volume under a smooth bias field, brighter by a share at one end."""
    i, j, k = np.meshgrid(
        *(np.linspace(-1.0, 1.0, n, dtype=np.float32) for n in volume.voxels.shape),
        indexing="ij",
        sparse=True,
    )
    field = 1.0 + share * (0.6 * i + 0.5 * j - 0.6 * k * k + 0.3 * i * j)
    return replace(volume, voxels=np.asarray(volume.voxels * field, np.float32))


def compare_with_own(
    number: str, networks: BrainNetworks, model: Model
) -> dict[str, float | int]:
    """Compare a head's slices with the person's own."""
    volume = read(data_folder() / "volumes" / f"sub-{number}_T1w_jdac.nii.gz")
    slab = prepare_volume(volume, networks).slab
    own = read_own_slices(number)
    alike = [
        float(np.corrcoef(ours.ravel(), theirs.ravel())[0, 1])
        for ours, theirs in zip(slab.slices, own, strict=True)
    ]
    ours = predict(as_slices(slab), model)
    theirs = predict([Slice(each, "JPEG", (0.0, 255.0)) for each in own], model)
    return {
        "correlation, median": float(np.median(alike)),
        "correlation, least": min(alike),
        "P(No)": float(ours[:, 0].mean()),
        "P(No) of the own slices": float(theirs[:, 0].mean()),
        "equal classes": int((ours.argmax(1) == theirs.argmax(1)).sum()),
    }


def rewrite(volume: Volume, *, every: bool) -> Iterator[tuple[str, Volume]]:
    """Yield the volume as other files would hold it."""
    yield "mirrored", mirrored(volume)
    for spacing_mm in SPACINGS_MM:
        yield f"spacing {spacing_mm}", resampled(volume, spacing_mm)
    for share in (0.1, 0.2, 0.4):
        yield f"bias {share}", shaded(volume, share)
    chosen = list(orientations(volume))
    yield from chosen if every else chosen[5::12]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n", maxsplit=1)[0])
    parser.add_argument("--every", action="store_true", help="all 48 orientations")
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    networks, model = load_brain_networks(), load_model(chosen_bundle())
    for number in PEOPLE:
        figures = compare_with_own(number, networks, model)
        report(f"slab, own slices of {number}", figures, as_json=arguments.json)
        volume = read(data_folder() / "volumes" / f"sub-{number}_T1w_jdac.nii.gz")
        for name, other in rewrite(volume, every=arguments.every):
            slab = prepare_volume(other, networks).slab
            probability = float(predict(as_slices(slab), model)[:, 0].mean())
            change = {"change of P(No)": probability - figures["P(No)"]}
            report(f"slab, {number}, {name}", change, as_json=arguments.json)


if __name__ == "__main__":
    main()
