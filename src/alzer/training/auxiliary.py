"""What a network learns beside the classes; dropped when it is exported.

A few hundred noisy labels teach little. What else is known of every person and
every slice has to do with atrophy too, and there is more of it.

Source: Caruana 1997, doi:10.1023/A:1007379606734, for the idea.
"""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from sklearn.decomposition import PCA

from alzer.model.preparation import InputSpec, standardise
from alzer.scans.outline import head_mask
from alzer.training.cohort import Cohort

# Shares of white below which a pixel of the head counts as fluid.
FLUID_LEVELS = (0.3, 0.4)

# Of the inner part, as a share of the field, and of what counts as fluid there,
# relative to black and white by landmarks of the tissue.
INNER_RADIUS = 0.68
INNER_LEVEL = 0.3

# A person's fluid is mapped on so many slices of so many blocks; of these maps so
# many principal components are learnt.
MAP_SLICES = 16
MAP_SHAPE = (48, 40)
MAP_LEVEL = 0.35
MAP_COMPONENTS = 20

Targets = NDArray[np.float32]


def auxiliary_targets(
    cohort: Cohort,
    images: NDArray[np.float16],
    spec: InputSpec,
    training: NDArray[np.intp],
) -> Targets:
    """Gather what is known of every slice besides its class.

    Of the person: age, sex and relative brain volume, where the tables have them,
    and the principal components of where there is fluid, the sides averaged. Of the
    slice: its place between the person's first and last, the head's area, mean
    brightness and share of fluid, and the share of fluid in its inner part.

    Args:
        cohort: Everyone.
        images: shape (slice, row, column), fields of view.
        spec: How they were prepared (`field_spec`).
        training: Which slices set mean and scale.

    Returns:
        shape (slice, target), mean 0 and deviation 1 over the training slices; NaN
        where it is not known. What never varies in training is left out.
    """
    columns = [
        *_of_people(cohort),
        _places(cohort),
        *_of_images(images, spec).T,
        *_of_maps(cohort, images, spec, training).T,
    ]
    targets = np.stack(columns, axis=1)
    own = targets[training]
    known = np.isfinite(own)
    count = np.maximum(known.sum(axis=0), 1)
    mean = np.where(known, own, 0.0).sum(axis=0) / count
    deviation = np.sqrt((np.where(known, own - mean, 0.0) ** 2).sum(axis=0) / count)
    varies = deviation > 1e-9
    standard = (targets - mean)[:, varies] / deviation[varies]
    return np.asarray(standard, np.float32)


def _of_people(cohort: Cohort) -> Iterator[NDArray[np.float64]]:
    subjects = [each.subject for each in cohort.slices]
    for values in cohort.measures.values():
        yield np.array([values.get(each, np.nan) for each in subjects])


def _places(cohort: Cohort) -> NDArray[np.float64]:
    positions = np.array([each.position for each in cohort.slices], np.float64)
    subjects = cohort.subjects
    places = np.empty(len(positions))
    for subject in np.unique(subjects):
        own = subjects == subject
        first, last = positions[own].min(), positions[own].max()
        places[own] = (positions[own] - first) / max(last - first, 1.0)
    return places


def _of_maps(
    cohort: Cohort,
    images: NDArray[np.float16],
    spec: InputSpec,
    training: NDArray[np.intp],
) -> NDArray[np.float64]:
    """Return the components of each slice's person, shape (slice, component)."""
    names, inverse = np.unique(cohort.subjects, return_inverse=True)
    maps = np.stack(
        [_map_of_person(images[inverse == place], spec) for place in range(len(names))]
    )
    fitted = np.unique(inverse[training])
    count = min(MAP_COMPONENTS, len(fitted) - 1)
    if count < 1:
        return np.empty((len(inverse), 0))
    model = PCA(count, svd_solver="full").fit(maps[fitted])
    return np.asarray(model.transform(maps)[inverse], np.float64)


def _map_of_person(images: NDArray[np.float16], spec: InputSpec) -> NDArray[np.float32]:
    places = np.floor(np.arange(MAP_SLICES) * len(images) / MAP_SLICES).astype(int)
    rows, columns = MAP_SHAPE
    maps = []
    for place in places:
        values = images[place].astype(np.float32) * spec.deviation + spec.mean
        fluid = Image.fromarray((values < MAP_LEVEL).astype(np.float32))
        small = np.asarray(fluid.resize((columns, rows), Image.Resampling.BOX))
        maps.append((small + small[:, ::-1]) / 2.0)
    return np.stack(maps).ravel()


def _of_images(images: NDArray[np.float16], spec: InputSpec) -> NDArray[np.float64]:
    return np.array([_of_image(each, spec) for each in images])


def _of_image(image: NDArray[np.float16], spec: InputSpec) -> list[float]:
    values = image.astype(np.float32) * spec.deviation + spec.mean
    head = head_mask(values)
    inside = values[head]
    fluid = (float((inside < level).mean()) for level in FLUID_LEVELS)
    return [float(head.mean()), float(inside.mean()), *fluid, _inner_fluid(values)]


def _inner_fluid(values: NDArray[np.float32]) -> float:
    """Return the share of fluid in the middle, where masks don't differ."""
    spec = InputSpec(standardisation="tissue", mean=0.0, deviation=1.0)
    rows, columns = (np.linspace(-1.0, 1.0, side) for side in values.shape)
    inner = rows[:, None] ** 2 + columns**2 < INNER_RADIUS**2
    return float((standardise(values, spec)[inner] < INNER_LEVEL).mean())
