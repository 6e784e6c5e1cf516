"""The parts of `alzer audit`: who is asked about which slices, and what they give."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from alzer.analysed_slice import make_ready
from alzer.cli.extras import load_extra
from alzer.errors import InvalidRequest
from alzer.explain.average_brain import make_checker
from alzer.model.bundle import Bundle
from alzer.model.engine import Model, load_model

EVERYONE = "everyone"

_load = partial(load_extra, purpose="An audit")


class Control(StrEnum):
    """What is checked in place of the network's own maps."""

    randomised = "randomised"
    noise = "noise"


@dataclass(frozen=True)
class Work:
    """The parts of an audit.

    Attributes:
        bundle: The model, or what a study's networks expect.
        cohort: The data.
        advance: Called with a few words now and then.
    """

    bundle: Bundle
    cohort: Any
    advance: Callable[[str], None]

    def models(self, study: Path | None) -> Mapping[str, Model]:
        """Return who is asked, by name.

        Raises:
            InvalidRequest: If the study has no networks.
        """
        if study is None:
            return {EVERYONE: load_model(self.bundle, precision="fp32")}
        load = _load("training.fold_models").load_fold_models
        models: Mapping[str, Model] = load(
            study, self.cohort, self.bundle.spec, self.advance
        )
        if not models:
            message = (
                "The study has no networks of folds (fold-*/network.pt); give the "
                "folder that alzer train wrote."
            )
            raise InvalidRequest(message)
        return models

    def foreign_maps(self, control: Control | None, seed: int) -> Callable[..., Any]:
        """Return what gives the maps to be checked; None for the network's own."""
        if control is Control.randomised:
            other = _load("training.randomised").randomised_model(self.bundle, seed)
            return lambda pixels: other.run(pixels[None, None]).maps[0]
        generator = np.random.default_rng(seed)
        if control is Control.noise:
            return lambda _: generator.normal(size=(4, *self.bundle.spec.cells)).astype(
                np.float32
            )
        return lambda _: None

    def choose(
        self, models: Mapping[str, Model], people: int | None, count: int
    ) -> list[Any]:
        """Choose slices of people whom a network may judge, evenly."""
        of_person: dict[str, list[Any]] = {}
        for one in self.cohort.slices:
            if self._network(one, models) is not None:
                of_person.setdefault(one.subject, []).append(one)
        names = _evenly(sorted(of_person), people or len(of_person))
        return [one for name in names for one in _evenly(of_person[name], count)]

    def ask(
        self,
        chosen: Sequence[Any],
        models: Mapping[str, Model],
        maps: Callable[..., Any],
    ) -> Iterator[Any]:
        """Yield what each slice's network gives for it."""
        candidate = _load("evaluation.audit").Candidate
        for one in chosen:
            name = self._network(one, models) or EVERYONE
            ready = make_ready(
                one.read(), self.bundle.spec, must_look_right=one.kept is None
            )
            pixels = ready.prepared.pixels
            given = models[name].run_exactly(pixels[None])
            yield candidate(
                one.subject,
                one.position,
                one.label,
                name,
                given.of_slice(0, pixels, ready.prepared.geometry),
                maps(pixels[0]),
            )

    def judge(self, candidates: Sequence[Any], models: Mapping[str, Model]) -> Any:  # noqa: ANN401 - of a module that is loaded late
        """Return what is found of each slice."""
        evaluation = _load("evaluation.audit")
        averages = _load("evaluation.map_averages").average_maps(candidates)
        checkers = {name: make_checker(model) for name, model in models.items()}
        rows = []
        for count, one in enumerate(candidates, start=1):
            self.advance(f"slice {count} of {len(candidates)}")
            average = averages.get(one.network, {}).get(one.subject)
            rows.append(evaluation.audit_slice(one, checkers, average))
        return rows

    def randomise_layers(
        self, chosen: Sequence[Any], seed: int, repeats: int
    ) -> dict[str, Any]:
        """Return how alike maps are after each stage, with intervals over people."""
        layers = _load("evaluation.map_layers")
        own = {EVERYONE: load_model(self.bundle, precision="fp32")}
        found = list(self.ask(chosen, own, lambda _: None))
        inputs = np.stack([one.evidence.pixels for one in found])[:, None]
        alike = {}
        for stage, other in _load("training.randomised").cascade(self.bundle, seed):
            self.advance(f"randomised down to {stage}")
            alike[stage] = layers.likeness(found, other.run(inputs).maps)
        figures: dict[str, Any] = layers.summarise_layers(found, alike, repeats)
        return figures

    def _network(self, one: Any, models: Mapping[str, Model]) -> str | None:  # noqa: ANN401 - of a module that is loaded late
        if EVERYONE in models:
            return EVERYONE
        name = f"fold-{self.cohort.folds[one.subject]}"
        return name if name in models else None


def _evenly(values: Sequence[Any], count: int) -> list[Any]:
    """Return so many of some values, as far apart as possible, or all."""
    if count >= len(values):
        return list(values)
    middles = (np.arange(count) + 0.5) / count * len(values)
    return [values[int(place)] for place in middles]
