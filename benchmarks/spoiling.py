"""Heads spoiled in ways that happen, each of which no prediction should come from.

Every function takes a healthy head, axes right, anterior, superior, and gives it
spoiled. None of them changes what the file says about its geometry, unless its name
says so.
"""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy.ndimage import gaussian_filter, zoom

from alzer.scans.volume import Volume

Voxels = NDArray[np.float32]
Spoil = Callable[[Volume], Volume]

RIGHT, ANTERIOR, SUPERIOR = range(3)


def keep(volume: Volume, axis: int, low: float, high: float) -> Volume:
    """Return only the planes between two shares of an axis."""
    count = volume.voxels.shape[axis]
    first, end = round(low * count), round(high * count)
    affine = volume.affine.copy()
    affine[:3, 3] += affine[:3, axis] * first
    chosen = [slice(None)] * 3
    chosen[axis] = slice(first, end)
    return Volume(volume.voxels[tuple(chosen)], affine, volume.source)


def blank(volume: Volume, axis: int, low: float, high: float) -> Volume:
    """Return the volume with all other planes empty: cropped, then padded."""
    count = volume.voxels.shape[axis]
    empty = np.ones(count, np.bool_)
    empty[round(low * count) : round(high * count)] = False
    chosen: list[slice | NDArray[np.bool_]] = [slice(None)] * 3
    chosen[axis] = empty
    voxels = volume.voxels.copy()
    voxels[tuple(chosen)] = 0.0
    return _with(volume, voxels)


def regrey(volume: Volume, curve: tuple[float, ...]) -> Volume:
    """Return greys by a curve over equal steps from air to the brightest."""
    top = float(np.quantile(volume.voxels, 0.995))
    steps = np.linspace(0.0, 1.0, len(curve))
    return _with(volume, top * np.interp(volume.voxels / top, steps, curve))


def add_noise(volume: Volume, share: float) -> Volume:
    """Return the magnitude after complex noise, as a share of the brightest."""
    generator = np.random.default_rng(0)
    deviation = share * float(np.quantile(volume.voxels, 0.995))
    real, imaginary = (
        generator.normal(0, deviation, volume.voxels.shape) for _ in "ri"
    )
    return _with(volume, np.hypot(volume.voxels + real, imaginary))


def salt(volume: Volume, share: float) -> Volume:
    """Return the volume with that share of the voxels black or white."""
    generator = np.random.default_rng(0)
    hit = generator.random(volume.voxels.shape) < share
    grains = generator.choice([0.0, float(volume.voxels.max())], volume.voxels.shape)
    return _with(volume, np.where(hit, grains, volume.voxels))


def ghost(volume: Volume, axis: int, strength: float, copies: int = 3) -> Volume:
    """Return the volume with shifted copies of itself along an axis."""
    voxels = volume.voxels.copy()
    count = volume.voxels.shape[axis]
    for copy in range(1, copies + 1):
        step = copy * count // (copies + 1)
        voxels += strength * np.roll(volume.voxels, step, axis)
    return _with(volume, voxels)


def move(volume: Volume, axis: int, millimetres: float) -> Volume:
    """Return what a head looks like that was elsewhere for every few lines of k-space.

    Args:
        volume: Of 1 mm voxels.
        axis: Along which the lines were taken one after another.
        millimetres: Standard deviation of where the head was.
    """
    generator = np.random.default_rng(0)
    spectrum = np.fft.fftn(volume.voxels).astype(np.complex64)
    count = spectrum.shape[axis]
    pieces = np.repeat(generator.normal(0.0, millimetres, (2, count // 4 + 1)), 4, 1)
    across = (axis + 1) % 3
    shape, other = [1, 1, 1], [1, 1, 1]
    shape[axis], other[across] = count, spectrum.shape[across]
    along, aside = (piece[:count].reshape(shape) for piece in pieces)
    turns = np.fft.fftfreq(count).reshape(shape) * along
    turns = turns + np.fft.fftfreq(spectrum.shape[across]).reshape(other) * aside
    spectrum *= np.exp(-2j * np.pi * turns)
    return _with(volume, np.abs(np.fft.ifftn(spectrum)))


def shade(volume: Volume, axis: int, factor: float) -> Volume:
    """Return the volume, one side brighter than the other by that factor."""
    count = volume.voxels.shape[axis]
    field = np.geomspace(1.0, factor, count)
    shape = [1, 1, 1]
    shape[axis] = count
    return _with(volume, volume.voxels * field.reshape(shape))


def darken_middle(volume: Volume, factor: float) -> Volume:
    """Return the volume with a dark middle, as near a surface coil."""
    places = np.indices(volume.voxels.shape, np.float32)
    distance = sum(
        ((place / count - 0.5) * 2.0) ** 2
        for place, count in zip(places, volume.voxels.shape, strict=True)
    )
    return _with(volume, volume.voxels * factor ** np.minimum(distance, 1.5))


def double(volume: Volume, axis: int, share: float) -> Volume:
    """Return the head and itself, moved by that share of an axis."""
    moved = np.roll(volume.voxels, round(share * volume.voxels.shape[axis]), axis)
    return _with(volume, 0.5 * (volume.voxels + moved))


def two_heads(volume: Volume) -> Volume:
    """Return two heads side by side."""
    return _with(volume, np.concatenate([volume.voxels, volume.voxels], RIGHT))


def drop_planes(volume: Volume, share: float) -> Volume:
    """Return the volume after every n-th axial planes were lost, unsaid."""
    count = volume.voxels.shape[SUPERIOR]
    kept = np.random.default_rng(0).random(count) >= share
    return _with(volume, volume.voxels[:, :, kept])


def shuffle_planes(volume: Volume) -> Volume:
    """Return axial planes in the order of a bad sort: 1, 10, 100, 101, ..."""
    count = volume.voxels.shape[SUPERIOR]
    order = sorted(range(count), key=str)
    return _with(volume, volume.voxels[:, :, order])


def say_spacing(volume: Volume, factors: tuple[float, float, float]) -> Volume:
    """Return the volume with a header that has wrong spacings."""
    affine = volume.affine.copy()
    affine[:3, :3] *= factors
    return Volume(volume.voxels, affine, volume.source)


def blur(volume: Volume, voxels: float) -> Volume:
    """Return the volume blurred by a Gaussian of that standard deviation."""
    return _with(volume, gaussian_filter(volume.voxels, voxels))


def erase(volume: Volume, share: float) -> Volume:
    """Return the volume with a black ball in its middle, as metal leaves it."""
    places = np.indices(volume.voxels.shape, np.float32)
    middle = [
        count * place
        for count, place in zip(volume.voxels.shape, (0.62, 0.5, 0.62), strict=True)
    ]
    distance = np.sqrt(
        sum((place - centre) ** 2 for place, centre in zip(places, middle, strict=True))
    )
    radius = share * volume.voxels.shape[ANTERIOR]
    return _with(volume, np.where(distance < radius, 0.0, volume.voxels))


def stack(pictures: list[Path], depth: int = 160) -> Volume:
    """Return pictures as a volume, each repeated until the depth is reached."""
    planes = []
    for path in pictures:
        with Image.open(path) as picture:
            grey = picture.convert("L").resize((192, 224))
        planes.append(np.asarray(grey, np.float32)[::-1].T)
    each = np.repeat(np.stack(planes, 2), -(-depth // len(planes)), 2)[:, :, :depth]
    return _millimetre(each)


def ball(shape: tuple[int, int, int] = (192, 224, 192), radius: float = 75.0) -> Volume:
    """Return a bottle of water: a bright ball."""
    places = np.indices(shape, np.float32)
    distance = np.sqrt(
        sum((p - n / 2.0) ** 2 for p, n in zip(places, shape, strict=True))
    )
    return _millimetre(np.where(distance < radius, 200.0, 5.0).astype(np.float32))


def cylinder(*, inserts: bool) -> Volume:
    """Return a bright cylinder, as scanners are checked with."""
    right, front, _ = np.indices((192, 224, 192), np.float32)
    greys = np.where(np.hypot(right - 96.0, front - 112.0) < 85.0, 180.0, 4.0)
    if inserts:
        for angle in np.arange(0.0, 2.0 * np.pi, np.pi / 4.0):
            centre = 96.0 + 50.0 * np.cos(angle), 112.0 + 50.0 * np.sin(angle)
            hole = np.hypot(right - centre[0], front - centre[1]) < 12.0
            greys = np.where(hole, 40.0 + 20.0 * angle, greys)
    return _millimetre(greys.astype(np.float32))


def clouds() -> Volume:
    """Return smooth random blobs within an ellipsoid of a brain's size."""
    generator = np.random.default_rng(0)
    field = gaussian_filter(generator.normal(size=(192, 224, 192)), 6.0)
    field = 100.0 + 40.0 * field / field.std()
    places = np.indices(field.shape, np.float32)
    radii = (66.0, 84.0, 62.0)
    inside = sum(
        ((place - count / 2.0) / radius) ** 2
        for place, count, radius in zip(places, field.shape, radii, strict=True)
    )
    return _millimetre(np.where(inside < 1.0, field, 3.0).astype(np.float32))


def static() -> Volume:
    """Return noise alone."""
    noise = np.random.default_rng(0).rayleigh(30.0, (192, 224, 192))
    return _millimetre(noise.astype(np.float32))


def shrink(volume: Volume, factor: float) -> Volume:
    """Return a head that is smaller than any person's, as an animal's."""
    small = zoom(volume.voxels, factor, order=1)
    voxels = np.zeros_like(volume.voxels)
    voxels[tuple(slice(20, 20 + count) for count in small.shape)] = small
    return _with(volume, voxels)


# In the greys of T1: air 0, fluid about .2, grey matter about .5, white about .7.
T2 = (0.0, 0.5, 1.0, 0.8, 0.6, 0.5, 0.4, 0.3, 0.2, 0.5, 0.9)
FLAIR = (0.0, 0.1, 0.15, 0.5, 0.75, 0.9, 0.75, 0.6, 0.5, 0.6, 0.9)
COMPUTED = (0.0, 1.0, 0.35, 0.36, 0.37, 0.37, 0.37, 0.37, 0.37, 0.3, 0.25)
FLAT = (0.0, 0.3, 0.6, 0.7, 0.7, 0.7, 0.7, 0.7, 0.7, 0.7, 0.7)
DENSITY = (0.0, 0.5, 0.85, 0.9, 0.95, 0.92, 0.85, 0.75, 0.7, 0.8, 1.0)
NEGATIVE = (1.0, 0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3, 0.2, 0.1, 0.0)

SPOILED: Final[dict[str, Spoil]] = {
    "without its top third": partial(keep, axis=SUPERIOR, low=0.0, high=0.58),
    "without its lower half": partial(keep, axis=SUPERIOR, low=0.4, high=1.0),
    "without its right side": partial(keep, axis=RIGHT, low=0.0, high=0.65),
    "without its front": partial(keep, axis=ANTERIOR, low=0.0, high=0.68),
    "without its back": partial(keep, axis=ANTERIOR, low=0.3, high=1.0),
    "a slab of 50 mm": partial(keep, axis=SUPERIOR, low=0.35, high=0.61),
    "top third blank": partial(blank, axis=SUPERIOR, low=0.0, high=0.58),
    "back blank": partial(blank, axis=ANTERIOR, low=0.3, high=1.0),
    "greys of T2": partial(regrey, curve=T2),
    "greys of FLAIR": partial(regrey, curve=FLAIR),
    "greys of CT": partial(regrey, curve=COMPUTED),
    "greys of proton density": partial(regrey, curve=DENSITY),
    "grey and white alike": partial(regrey, curve=FLAT),
    "negative": partial(regrey, curve=NEGATIVE),
    "noise of 40 %": partial(add_noise, share=0.4),
    "noise of 80 %": partial(add_noise, share=0.8),
    "60 % black and white": partial(salt, share=0.6),
    "ghosts front to back": partial(ghost, axis=ANTERIOR, strength=0.5),
    "ghosts up and down": partial(ghost, axis=SUPERIOR, strength=0.5),
    "moved by 4 mm": partial(move, axis=ANTERIOR, millimetres=4.0),
    "moved by 8 mm": partial(move, axis=SUPERIOR, millimetres=8.0),
    "shaded 20 to 1, sideways": partial(shade, axis=RIGHT, factor=20.0),
    "shaded 20 to 1, upwards": partial(shade, axis=SUPERIOR, factor=20.0),
    "dark middle, 1 to 12": partial(darken_middle, factor=12.0),
    "doubled, a tenth aside": partial(double, axis=ANTERIOR, share=0.1),
    "doubled, a quarter up": partial(double, axis=SUPERIOR, share=0.25),
    "two heads side by side": two_heads,
    "a third of the planes lost": partial(drop_planes, share=0.34),
    "planes in a wrong order": shuffle_planes,
    "spacing said to be half": partial(say_spacing, factors=(0.5, 0.5, 0.5)),
    "spacing said to be double": partial(say_spacing, factors=(2.0, 2.0, 2.0)),
    "planes said to be thrice as far": partial(say_spacing, factors=(1.0, 1.0, 3.0)),
    "blurred by 6 mm": partial(blur, voxels=6.0),
    "a hole of metal": partial(erase, share=0.2),
    "an animal's size": partial(shrink, factor=0.5),
}


def _with(volume: Volume, voxels: NDArray[np.floating]) -> Volume:
    return Volume(voxels.astype(np.float32), volume.affine, volume.source)


def _millimetre(voxels: Voxels) -> Volume:
    affine = np.eye(4)
    affine[:3, 3] = -np.array(voxels.shape) / 2.0
    return Volume(voxels, affine, "drawn")
