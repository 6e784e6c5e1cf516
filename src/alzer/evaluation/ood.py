"""Whether a model answers pictures that it knows nothing of, kind by kind.

Two things can stop an answer: the checks before the network, and the network's OOD
score. Slices of people held out are judged by the network of the fold that never saw
them, and so is what is made of them; other images by the folds' networks in turn.
Without such networks the model for everyone judges all.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TypeVar

from alzer.errors import UnusableScan
from alzer.evaluation.made_up import MADE_UP
from alzer.evaluation.other_images import OtherImage, read_kind
from alzer.evaluation.outside import ask
from alzer.evaluation.robustness import PersonSlice, encoded, generator_of
from alzer.model.engine import Model
from alzer.scans.orientation import picture_of
from alzer.scans.slice import Slice

Image = TypeVar("Image", PersonSlice, OtherImage)

# Slices as a model was trained on, with which all kinds are compared.
OWN = "slices of the data"

# How often progress is told, in images.
_TOLD_EVERY = 50


@dataclass(frozen=True)
class KindResult:
    """What became of one image.

    Attributes:
        kind: What it is.
        subject: Whose it is.
        network: Whose OOD score it is.
        refusal: Why the checks refuse it; empty if they don't.
        doubt: Why they doubt an answer; likewise.
        ood_score: Of the network, whether or not it is refused; None if it could not
            be shown the image, or gives no score.
        ood_limit: From where on that is too far; None if the network has no limit.
    """

    kind: str
    subject: str
    network: str
    refusal: str = ""
    doubt: str = ""
    ood_score: float | None = None
    ood_limit: float | None = None

    @property
    def flagged(self) -> bool:
        """Whether it is out of distribution by the score alone."""
        if self.ood_limit is None:
            return False
        return self.ood_score is None or self.ood_score > self.ood_limit

    @property
    def passes(self) -> bool:
        """Whether it gets an answer that nothing speaks against."""
        return not (self.refusal or self.doubt or self.flagged)


def judge_kinds(
    slices: Sequence[PersonSlice],
    kinds: Mapping[str, Path],
    models: Mapping[str, Model],
    advance: Callable[[str], None] = lambda _: None,
) -> list[KindResult]:
    """Judge slices, what is made of them, and other images.

    Args:
        slices: Of people, each with the network that may judge it.
        kinds: Folders of other images, by what they are.
        models: By the names of the networks.
        advance: Called with a few words now and then.

    Returns:
        One result per image: the slices first, then kind by kind.
    """
    results = [_judge_own(own, models) for own in _told(slices, OWN, advance)]
    for name in MADE_UP:
        results += [
            _judge_made_up(name, own, models) for own in _told(slices, name, advance)
        ]
    networks = sorted(models)
    for name, folder in kinds.items():
        subjects: dict[str, str] = {}
        for image in _told(read_kind(name, folder), name, advance):
            turn = networks[len(subjects) % len(networks)]
            network = subjects.setdefault(image.subject, turn)
            results.append(_judge_other(image, network, models[network]))
    return results


def _told(
    images: Iterable[Image], kind: str, advance: Callable[[str], None]
) -> Iterator[Image]:
    for place, image in enumerate(images):
        if place % _TOLD_EVERY == 0:
            advance(f"{kind}: image {place}")
        yield image


def _judge_own(own: PersonSlice, models: Mapping[str, Model]) -> KindResult:
    result = partial(KindResult, OWN, own.subject, own.network)
    return _judge(own.scan, models[own.network], result, looks_right=own.from_head)


def _judge_made_up(
    kind: str, own: PersonSlice, models: Mapping[str, Model]
) -> KindResult:
    picture = MADE_UP[kind](picture_of(own.scan), generator_of(own.subject, kind))
    result = partial(KindResult, kind, own.subject, own.network)
    return _judge(encoded(picture, "PNG"), models[own.network], result)


def _judge_other(other: OtherImage, network: str, model: Model) -> KindResult:
    image = other.image
    source = image if isinstance(image, Slice) else encoded(image, "PNG")
    return _judge(
        source, model, partial(KindResult, other.kind, other.subject, network)
    )


def _judge(
    source: bytes | Slice,
    model: Model,
    result: Callable[..., KindResult],
    *,
    looks_right: bool = False,
) -> KindResult:
    """Show an image to a network, also one that the checks refuse.

    Args:
        source: The image.
        model: With the network.
        result: Makes the result of what was found.
        looks_right: Whether the checks are left out, as they are for slices that
            were cut out of a whole head.
    """
    refusal, doubt = "", ""
    try:
        answer = ask(source, model, must_look_right=not looks_right)
        doubt = answer.doubt
    except UnusableScan as error:
        refusal = str(error)
        try:
            answer = ask(source, model, must_look_right=False)
        except UnusableScan:
            return result(refusal=refusal, ood_limit=model.decision.ood_limit)
    return result(
        refusal=refusal,
        doubt=doubt,
        ood_score=answer.ood_score,
        ood_limit=answer.ood_limit,
    )
