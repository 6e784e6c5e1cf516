"""Whether a slice gets the same answer after what happens to slices on their way.

One middle slice of each of some people, each judged by the network of the fold that
held the person out. The picture is altered as it would be sent, before it is read and
prepared; what is compared is the whole way from a file to the answer.
"""

import io
import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
from PIL import Image

from alzer.errors import InvalidRequest, UnusableScan
from alzer.evaluation import alterations
from alzer.evaluation.alterations import Alteration, Grey
from alzer.evaluation.outside import SliceAnswer, ask
from alzer.model.engine import Model
from alzer.scans.orientation import picture_of
from alzer.scans.slice import Slice

# The file as it is, with which all others are compared.
ORIGINAL = "as it is"

# People whose slices are altered, unless another number is asked for.
PEOPLE = 100

ALTERATIONS: Mapping[str, Alteration] = {
    "mirror image": alterations.mirrored,
    "turned by 180 degrees": alterations.turned(2),
    "shifted by 1 row": alterations.shifted(1, 0),
    "shifted by 1 column": alterations.shifted(0, 1),
    "shifted by 3 px": alterations.shifted(3, 3),
    "rotated by 1 degree": alterations.tilted(1.0),
    "rotated by 2 degrees": alterations.tilted(2.0),
    "rotated by 5 degrees": alterations.tilted(5.0),
    "gamma 0.7": alterations.gamma(0.7),
    "gamma 0.8": alterations.gamma(0.8),
    "gamma 0.9": alterations.gamma(0.9),
    "gamma 1.1": alterations.gamma(1.1),
    "gamma 1.25": alterations.gamma(1.25),
    "gamma 1.5": alterations.gamma(1.5),
    "bias field of +-10 %": alterations.biased(0.1),
    "bias field of +-20 %": alterations.biased(0.2),
    "bias field of +-40 %": alterations.biased(0.4),
    "noise of 2 % of white": alterations.noisy_by(0.02),
    "noise of 5 % of white": alterations.noisy_by(0.05),
    "blur of 0.5 px": alterations.blurred(0.5),
    "blur of 1 px": alterations.blurred(1.0),
    "JPEG of quality 90": alterations.as_jpeg(90),
    "JPEG of quality 75": alterations.as_jpeg(75),
    "JPEG of quality 50": alterations.as_jpeg(50),
    "squashed to 128 x 128": alterations.squashed(128),
    "squashed to 224 x 224": alterations.squashed(224),
    "tight mask": alterations.tightly_masked,
    "loose mask": alterations.loosely_masked,
}

# The same picture in another file.
FORMATS: Mapping[str, str] = {
    "saved as PNG": "PNG",
    "saved as TIFF": "TIFF",
    "saved as BMP": "BMP",
}


@dataclass(frozen=True)
class PersonSlice:
    """One slice of one person, and who may judge it.

    Attributes:
        subject: The person.
        position: Its number within the person.
        scan: The slice.
        network: Of the fold that held the person out: `fold-` and its number;
            or `everyone`.
        from_head: Whether it was cut out of a whole head, and is not judged by what
            it shows; what is sent of it as a picture is.
    """

    subject: str
    position: int
    scan: Slice
    network: str
    from_head: bool = False


@dataclass(frozen=True)
class AlteredResult:
    """What became of one slice after one alteration.

    Attributes:
        subject: Whose slice it is.
        position: Its number within the person.
        network: Whose answer it is.
        alteration: What was done to it; ORIGINAL if nothing.
        answer: None if it was refused.
        problem: Why it was; empty if it wasn't.
    """

    subject: str
    position: int
    network: str
    alteration: str
    answer: SliceAnswer | None
    problem: str = ""


def choose_people(subjects: Sequence[str], count: int = PEOPLE) -> list[str]:
    """Choose people, always the same ones.

    Args:
        subjects: Names, in any order.
        count: How many; everybody if there are fewer.

    Returns:
        Names in order, spread evenly over all of them.
    """
    ordered = sorted(set(subjects))
    wanted = min(count, len(ordered))
    return [ordered[place * len(ordered) // wanted] for place in range(wanted)]


def alter_and_ask(
    slices: Sequence[PersonSlice],
    models: Mapping[str, Model],
    advance: Callable[[str], None] = lambda _: None,
) -> list[AlteredResult]:
    """Alter every slice in every way, and ask the network that never saw the person.

    Args:
        slices: One per person.
        models: By the names of the networks.
        advance: Called with a few words now and then.

    Returns:
        For each slice its own answer, then one result per alteration and format.

    Raises:
        InvalidRequest: If a network is missing.
    """
    missing = sorted({each.network for each in slices} - set(models))
    if missing:
        message = (
            f"The study has no network of {missing[0]}; altered slices need the "
            "networks of all folds."
        )
        raise InvalidRequest(message)
    results = []
    for place, each in enumerate(slices):
        if place % 5 == 0:
            advance(f"robustness: person {place} of {len(slices)}")
        results += _alter_one(each, models[each.network])
    return results


def _alter_one(own: PersonSlice, model: Model) -> list[AlteredResult]:
    grey = picture_of(own.scan)
    result = partial(_ask, own, model)
    return [
        result(ORIGINAL, own.scan),
        *(result(name, encoded(grey, kind)) for name, kind in FORMATS.items()),
        *(
            result(name, encoded(alter(grey, generator_of(own.subject, name)), "PNG"))
            for name, alter in ALTERATIONS.items()
        ),
    ]


def encoded(grey: Grey, kind: str) -> bytes:
    """Return a picture as a file of a format that loses nothing."""
    file = io.BytesIO()
    Image.fromarray(grey).save(file, kind)
    return file.getvalue()


def generator_of(subject: str, alteration: str) -> np.random.Generator:
    """Return the random numbers of one person's alteration: always the same."""
    return np.random.default_rng(zlib.crc32(f"{subject}/{alteration}".encode()))


def _ask(
    own: PersonSlice, model: Model, alteration: str, source: bytes | Slice
) -> AlteredResult:
    result = partial(AlteredResult, own.subject, own.position, own.network, alteration)
    try:
        judged = alteration != ORIGINAL or not own.from_head
        return result(ask(source, model, must_look_right=judged))
    except UnusableScan as refusal:
        return result(None, str(refusal))
