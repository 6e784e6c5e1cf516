"""One scan of many, as its record tells of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from alzer.classes import CLASS_NAMES

Record = Mapping[str, Any]


@dataclass(frozen=True)
class ScanRow:
    """One scan, with its answer or the reason why there is none.

    Attributes:
        participant: Such as `sub-01`.
        session: Such as `ses-2`; empty where there are none.
        source: The image, below the folder of its data set.
        record: As it was written when the scan was analysed.
    """

    participant: str
    session: str
    source: str
    record: Record

    @property
    def name(self) -> str:
        """Participant and session, as a person reads them."""
        return " ".join(part for part in (self.participant, self.session) if part)

    @property
    def error(self) -> Mapping[str, Any]:
        """Why there is no answer; empty if there is one."""
        return self.record.get("error") or {}

    @property
    def is_answered(self) -> bool:
        """Whether there is an answer, be it reliable or not."""
        return not self.error

    @property
    def is_shown(self) -> bool:
        """Whether people may be shown its classes: nothing speaks against them."""
        return self.is_answered and self.record.get("reliable") is not False

    @property
    def shares(self) -> Mapping[str, float]:
        """Probabilities by class; empty without an answer."""
        return self.record.get("class_probabilities") or {}

    @property
    def impaired(self) -> float:
        """Probability of any impairment (CDR > 0), 0 to 1; 0 without an answer."""
        return sum(self.shares.get(name, 0.0) for name in CLASS_NAMES[1:])

    @property
    def prediction(self) -> str:
        """The most probable class; empty without an answer."""
        return str(self.record.get("prediction") or "")

    @property
    def named(self) -> tuple[str, ...]:
        """The classes that can't be ruled out, as its headline names them."""
        if not self.is_shown:
            return ()
        possible = self.record.get("possible_classes")
        if possible == []:
            return ()
        return tuple(
            each for each in CLASS_NAMES if each in {self.prediction, *(possible or ())}
        )

    @property
    def headline(self) -> str:
        """What a person reads first."""
        return str(self.record.get("headline") or "Not analysed")

    @property
    def preparation(self) -> Mapping[str, Any]:
        """How well the head was prepared; empty where that is not known."""
        return self.record.get("preparation") or {}

    @property
    def similarity(self) -> float:
        """Correlation with the template, -1 to 1; -1 where that is not known."""
        return float(self.preparation.get("registration_similarity", -1.0))

    @property
    def opinion(self) -> Mapping[str, Any]:
        """The second opinion; empty without one."""
        return self.record.get("second_opinion") or {}

    @property
    def map_quality(self) -> Mapping[str, Any]:
        """Where the evidence lies; empty where that is not known."""
        return self.record.get("map_quality") or {}

    @property
    def measurements(self) -> Mapping[str, Any]:
        """What was measured; empty without an answer."""
        return self.record.get("measurements") or {}

    @property
    def structures(self) -> Mapping[str, Mapping[str, Any]]:
        """Structures of the brain by name; empty where none were measured."""
        return self.measurements.get("structures") or {}

    @property
    def model(self) -> Mapping[str, Any]:
        """What answered; empty without an answer."""
        return self.record.get("model") or {}

    @property
    def software(self) -> str:
        """The version of alzer that answered; empty where that is not known."""
        return str((self.record.get("software") or {}).get("alzer", ""))


def row_of(record: Record) -> ScanRow:
    """Return the row of a record.

    Args:
        record: As `alzer bids ... participant` writes it.

    Returns:
        The row.

    Raises:
        ValueError: If the record is none of an image of a data set.
    """
    try:
        source = str(record["input"]).rpartition(":")[2]
        participant, session = str(record["participant"]), record["session"] or ""
        is_whole = "error" in record or set(record["class_probabilities"]) == set(
            CLASS_NAMES
        )
    except (KeyError, TypeError) as error:
        message = "This is no record of an image of a data set."
        raise ValueError(message) from error
    if not is_whole:
        message = "The record lacks probabilities."
        raise ValueError(message)
    return ScanRow(participant, str(session), source, record)
