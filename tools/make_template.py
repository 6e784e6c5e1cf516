"""Make the template that `alzer.volumes` registers scans to.

Two means make it: of the brains of whole heads that lie in MNI space already, and,
where the standard slices are, of the training people's slices. Both halves are made
mirror images of each other. Nobody's brain can be recognised in it.

    .venv-test/bin/python tools/make_template.py DATA src/alzer/volumes/template.npz

DATA holds `volumes/*.nii.gz` and `oasis1-axial/`. With `--leave-out FOLD` people of
that fold have no part in it, for evaluations.
"""

import argparse
import csv
from collections.abc import Iterable, Mapping
from pathlib import Path

import numpy as np
from nibabel.nifti1 import Nifti1Image
from numpy.typing import NDArray
from PIL import Image as Picture

from alzer.scans.volume import Volume
from alzer.volumes.alignment import Alignment, Effort, Image, Target
from alzer.volumes.brain_extraction import (
    BrainNetworks,
    extract_brain,
    load_brain_networks,
)
from alzer.volumes.registration import make_targets, register_brain
from alzer.volumes.sampling import (
    Interpolator,
    antialiasing_sigmas,
    blur,
    grid_points,
    transform_points,
)
from alzer.volumes.shrinking import cut_brain, shrink
from alzer.volumes.template import SLAB_SHAPE, Template

SPACING_MM = 2.0

# About where the training's slices lie, from (slice, row, column) to MNI: where the
# search for the true place begins.
FIRST_GUESS = np.array(
    [[0, 0, -1, 87.5], [0, 1, 0, -122], [1, 0, 0, -3], [0, 0, 0, 1]], np.float64
)

# The template's grid covers every brain in MNI space, with some room.
LOW_MM, HIGH_MM = np.array([-82.0, -118.0, -84.0]), np.array([82.0, 86.0, 96.0])

# Slices that are less alike to their own head do not tell exactly where they lie: the
# files of such heads were smoothed.
SURELY_PLACED = 0.95

# White is the brightest per cent of the mean brain; a few vessels are brighter.
WHITE_PERCENTILE = 99.0


def template_grid() -> tuple[tuple[int, int, int], NDArray[np.float64]]:
    """Return shape and affine of the template, symmetrical about x = 0."""
    i, j, k = (np.round((HIGH_MM - LOW_MM) / SPACING_MM) + 1).astype(int)
    affine = np.diag([SPACING_MM, SPACING_MM, SPACING_MM, 1.0])
    affine[:3, 3] = LOW_MM
    return (int(i), int(j), int(k)), affine


def sample(image: Image, to_image: NDArray[np.float64]) -> NDArray[np.float32]:
    """Read an image at the template's voxels.

    Args:
        image: What to read.
        to_image: shape (4, 4), from standard space to the image's millimetres.

    Returns:
        shape (i, j, k) of the template.
    """
    shape, affine = template_grid()
    to_voxels = np.linalg.inv(image.affine) @ to_image @ affine
    steps = np.linalg.norm(to_voxels[:3, :3], axis=1)
    smooth = Interpolator.of(blur(image.voxels, antialiasing_sigmas(steps)))
    points = transform_points(to_voxels, grid_points(shape))
    return smooth.at(points).reshape(shape)


def sample_both_hands(
    image: Image, to_image: NDArray[np.float64]
) -> NDArray[np.float32]:
    """Read an image and its mirror image, and average them exactly symmetrically."""
    values = sample(image, to_image)
    return (values + values[::-1]) / np.float32(2.0)


def read_brain(file: Path, networks: BrainNetworks) -> Image:
    """Read a head and return its brain, its median being 1."""
    read = Nifti1Image.from_filename(file)
    volume = Volume(read.get_fdata(dtype=np.float32), read.affine, "NIfTI")
    brain = cut_brain(volume, extract_brain(volume, networks))
    typical = np.float32(np.median(brain.voxels[brain.voxels > 0.0]))
    return Image(brain.voxels / typical, brain.affine)


def average_heads(brains: Iterable[Image]) -> Image:
    """Average the brains of heads that lie in MNI space."""
    sampled = [sample_both_hands(brain, np.eye(4)) for brain in brains]
    return Image(np.mean(sampled, axis=0), template_grid()[1])


def average_stacks(folder: Path, people: set[str]) -> Image:
    """Average the training's slices, shape (slice, row, column)."""
    with (folder / "slices.csv").open(encoding="utf-8") as table:
        rows = [row for row in csv.DictReader(table) if row["subject"] in people]
    total = np.zeros(SLAB_SHAPE, np.float64)
    for row in rows:
        grey = np.asarray(Picture.open(folder / row["file"]).convert("L"), np.float64)
        total[int(row["slice"]) - 1] += grey / np.median(grey[grey > 0.0])
    return Image((total / len(people)).astype(np.float32), FIRST_GUESS)


def shrink_stack(stack: Image, spacing_mm: float) -> Image:
    """Sample a stack more coarsely without darkening its first and last slices."""
    more = 2 * int(np.ceil(spacing_mm))
    around = ((more, more), (0, 0), (0, 0))
    affine = stack.affine.copy()
    affine[:3, 3] -= more * affine[:3, 0]
    shrunk = shrink(Image(np.pad(stack.voxels, around, "edge"), affine), spacing_mm)
    to_slices = np.linalg.inv(stack.affine) @ shrunk.affine
    heights = to_slices[0, 0] * np.arange(shrunk.voxels.shape[0]) + to_slices[0, 3]
    inside = (heights >= 0.0) & (heights <= stack.voxels.shape[0] - 1)
    affine = shrunk.affine.copy()
    affine[:3, 3] += int(np.argmax(inside)) * affine[:3, 0]
    return Image(shrunk.voxels[inside], affine)


def place_stack(stack: Image, brain: Image) -> Alignment:
    """Return where a person's slices lie on their own head, both in millimetres."""
    effort = Effort(steps=60, tolerance_mm=0.01)
    found = Alignment(np.eye(4), 0.0)
    for spacing_mm in (6.0, 4.0, 2.0, 1.5):
        target = Target(shrink_stack(stack, spacing_mm), spacing_mm)
        scan = shrink(brain, spacing_mm)
        found = target.align(scan, found.to_scan, effort, affine=True)
    return found


def average(matrices: Iterable[NDArray[np.float64]]) -> NDArray[np.float64]:
    """Return the mean of affine maps that are nearly alike."""
    return np.asarray(np.mean(list(matrices), axis=0), np.float64)


def enlarge(maps: Iterable[NDArray[np.float64]]) -> NDArray[np.float64]:
    """Return what makes a template as large as brains that were registered to it.

    The mean of brains is soft at its rim, and sharp brains fit best where they are
    1.5 % smaller than it. Heads in MNI space should keep their size on average.

    Args:
        maps: From the template to heads in MNI space, in millimetres.

    Returns:
        A map that scales, shape (4, 4).
    """
    scales = [np.cbrt(np.linalg.det(each[:3, :3])) for each in maps]
    return np.diag([*[float(np.mean(scales))] * 3, 1.0])


def place_slab(
    maps: Mapping[str, NDArray[np.float64]], placed: Mapping[str, Alignment]
) -> NDArray[np.float64]:
    """Return the map from (slice, row, column) to standard space, on average.

    The training's slices are turned by some 1.3 degrees about the axis that leads to
    the front, in everyone alike, and the template is not. That a mirrored head is cut
    by slices turned the other way changes an answer by less than 0.01.

    Args:
        maps: From standard space to the heads, in millimetres, by number.
        placed: Where people's own slices lie on some of these heads, by number.
    """
    sure = [
        number for number, place in placed.items() if place.similarity > SURELY_PLACED
    ]
    return average(
        np.linalg.inv(maps[number]) @ placed[number].to_scan @ FIRST_GUESS
        for number in sure or placed
    )


def compose(
    heads: Image, stack: Image, place: NDArray[np.float64]
) -> NDArray[np.float32]:
    """Put the mean stack into the mean of the heads, white being 1 in both."""
    to_stack = np.asarray(np.linalg.inv(place), np.float64)
    everywhere = Image(np.ones_like(stack.voxels), stack.affine)
    share = sample_both_hands(everywhere, to_stack)
    slices = sample_both_hands(stack, to_stack) / np.maximum(share, 1e-6)
    shared = share > 0.99
    slices *= np.percentile(heads.voxels[shared], WHITE_PERCENTILE) / np.percentile(
        slices[shared], WHITE_PERCENTILE
    )
    mixed = share * slices + (1.0 - share) * heads.voxels
    white = np.percentile(mixed[mixed > 0.1], WHITE_PERCENTILE)
    return np.asarray(np.clip(mixed / white, 0.0, 1.0), np.float32)


def read_people(folder: Path, left_out: int | None) -> dict[str, str]:
    """Return the people who may have a part in it: OASIS-1 numbers by name."""
    with (folder / "folds.csv").open(encoding="utf-8") as table:
        rows = list(csv.DictReader(table))
    return {
        row["subject"]: row["oasis1_id"][5:9]
        for row in rows
        if left_out is None or int(row["fold"]) != left_out
    }


def main() -> None:
    """Make the template and write it."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n", maxsplit=1)[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("output", type=Path)
    parser.add_argument("--leave-out", type=int, metavar="FOLD")
    arguments = parser.parse_args()
    stacks, networks = arguments.data / "oasis1-axial", load_brain_networks()
    known = read_people(stacks, None)
    people = read_people(stacks, arguments.leave_out)
    held_out = set(known.values()) - set(people.values())
    files = sorted((arguments.data / "volumes").glob("sub-*.nii.gz"))
    brains = {
        file.name[4:8]: read_brain(file, networks)
        for file in files
        if file.name[4:8] not in held_out
    }
    placed = {
        number: place_stack(average_stacks(stacks, {name}), brains[number])
        for name, number in people.items()
        if number in brains
    }
    heads = average_heads(brains.values())
    stack = average_stacks(stacks, set(people))
    values = compose(heads, stack, average(each.to_scan for each in placed.values()))
    values = np.rint(values * np.float32(255.0)).astype(np.uint8)
    template = Template(values / np.float32(255.0), heads.affine, FIRST_GUESS)
    targets = make_targets(template)
    found = {
        number: register_brain(brain, targets).to_scan
        for number, brain in brains.items()
    }
    larger = enlarge(found.values())
    maps = {number: each @ np.linalg.inv(larger) for number, each in found.items()}
    np.savez_compressed(
        arguments.output,
        values=values,
        affine=larger @ heads.affine,
        slab_affine=place_slab(maps, placed),
    )


if __name__ == "__main__":
    main()
