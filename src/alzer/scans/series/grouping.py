"""Which images of a set belong to one stack of slices."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from alzer.errors import SeveralScans
from alzer.scans.series.images import Image
from alzer.scans.series.kinds import Kind

# Directions are written with few digits by some; slices of one stack are parallel to
# this much, as the largest difference of a cosine (0.2 degrees).
_SAME_DIRECTION: Final = 0.0035

# Spacings are the same up to this share.
_SAME_SPACING: Final = 0.002


@dataclass(frozen=True)
class Stack:
    """Images of one series that are alike but for their place.

    Attributes:
        images: In the order of their numbers in the series, then of the files.
    """

    images: tuple[Image, ...]

    @property
    def kind(self) -> Kind:
        """What they show."""
        return self.images[0].kind

    def is_like(self, image: Image) -> bool:
        """Check whether an image lies on the same kind of grid."""
        first = self.images[0]
        return _are_close(
            first.orientation, image.orientation, _SAME_DIRECTION
        ) and _are_close(
            first.spacing_mm,
            image.spacing_mm,
            _SAME_SPACING * max(first.spacing_mm or (0.0,)),
        )


def group(images: Sequence[Image]) -> list[Stack]:
    """Divide images into stacks.

    Images of one stack have the same series, size, spacing and direction, and the
    same echo time and kind of image: some makers put all echoes, or magnitude and
    phase, into one series.

    Args:
        images: Of any number of series.

    Returns:
        The stacks, in the order of the numbers of their series, the largest first
        within a series.

    Raises:
        SeveralScans: The files of a series name different patients.
    """
    _check_patients(images)
    stacks: dict[tuple[object, ...], list[Stack]] = {}
    for image in sorted(images, key=lambda one: (one.numbers, one.file)):
        echo = None if image.echo_ms is None else round(image.echo_ms, 1)
        key = (image.series, image.shape, image.image_type, echo, image.kind.name)
        alike = stacks.setdefault(key, [])
        place = next((i for i, one in enumerate(alike) if one.is_like(image)), None)
        if place is None:
            alike.append(Stack((image,)))
        else:
            alike[place] = Stack((*alike[place].images, image))
    found = [stack for alike in stacks.values() for stack in alike]
    # Sorting keeps the order of what is equal.
    return sorted(found, key=lambda one: (one.images[0].numbers[0], -len(one.images)))


def _check_patients(images: Sequence[Image]) -> None:
    """Refuse a series that is put together from several people.

    Raises:
        SeveralScans: It is.
    """
    patients: dict[bytes, int] = {}
    for image in images:
        if patients.setdefault(image.series, image.patient) != image.patient:
            message = (
                "The files of one series name different patients; send the files of "
                "one person."
            )
            raise SeveralScans(message)


def _are_close(
    first: tuple[float, ...] | None, second: tuple[float, ...] | None, most: float
) -> bool:
    if first is None or second is None:
        return first is second
    return bool(np.abs(np.subtract(first, second)).max() <= most)
