"""What an analysis tells, as the resources need it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

from pydantic import ValidationError

from alzer.classes import CLASS_NAMES
from alzer.errors import InvalidRequest
from alzer.fhir_r4.codes import ANALYSIS
from alzer.model.card import CardFields
from alzer.reports.sources import Source

Values = Mapping[str, Any]


@dataclass(frozen=True)
class Told:
    """What is told of an analysis.

    Attributes:
        source: What is known of it.
        probabilities: By the names of the classes, 0 to 1.
    """

    source: Source
    probabilities: Mapping[str, float]

    @property
    def answer(self) -> Values:
        """The answer, as plain values."""
        return self.source.answer

    @property
    def headline(self) -> str:
        """What a person should read first."""
        return str(self.answer["headline"])

    @property
    def is_reliable(self) -> bool | None:
        """Whether the answer can be relied on; None if the model can't tell."""
        found: bool | None = self.answer.get("reliable")
        return found

    @property
    def reason(self) -> str:
        """Why it can't; empty if it can."""
        return str(self.answer.get("unreliable_reason") or "")

    @property
    def warnings(self) -> list[str]:
        """What a reader must know besides."""
        texts = map(str, self.answer.get("warnings") or ())
        return [text for text in texts if text != self.reason]

    @property
    def possible_classes(self) -> list[str] | None:
        """The prediction set; None if there is none."""
        found = self.answer.get("possible_classes")
        return None if found is None else list(found)

    @property
    def unchecked(self) -> frozenset[str]:
        """Classes that are in no prediction set: too few people had them."""
        try:
            card = CardFields.model_validate(self.source.own_card)
        except ValidationError:
            return frozenset()
        head = self.source.is_head
        decision = card.person_limits.decision if head else card.decision
        return frozenset(CLASS_NAMES[label] for label in decision.unchecked)

    @property
    def identity(self) -> UUID:
        """The analysis's id, or one that the same analysis always has."""
        if self.source.analysis_id:
            return UUID(self.source.analysis_id)
        said = json.dumps([self.source.manifest, self.answer], sort_keys=True)
        return uuid5(NAMESPACE_URL, f"{ANALYSIS}/{sha256(said.encode()).hexdigest()}")

    def identity_of(self, name: str) -> str:
        """Return the id of one of its resources.

        Args:
            name: Of the resource within the analysis.
        """
        return str(uuid5(self.identity, name))


def read_source(source: Source) -> Told:
    """Read what is known of an analysis.

    Args:
        source: An analysis, its bundle or its record.

    Raises:
        InvalidRequest: It is no answer of an analysis.
    """
    # The manifest has all digits, answers of the service have percent.
    exact = source.manifest.get("answer") or {}
    try:
        told = exact.get("class_probabilities") or source.answer["class_probabilities"]
        _ = str(source.answer["headline"])
        return Told(source, {name: _number(told[name]) for name in CLASS_NAMES})
    except (KeyError, TypeError, ValueError) as error:
        message = (
            "This is no answer of an analysis: it lacks its probabilities. Name one "
            "that was answered."
        )
        raise InvalidRequest(message) from error


def _number(told: object) -> float:
    if isinstance(told, str):
        return round(float(told.removesuffix("%")) / 100.0, 6)
    return float(told)  # type: ignore[arg-type]  # what is none raises
