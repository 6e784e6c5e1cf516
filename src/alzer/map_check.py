"""Whether the map of an answer marks what mattered to the model."""

from dataclasses import dataclass
from functools import cached_property

from alzer.answer import Analysis
from alzer.classes import CLASS_NAMES
from alzer.errors import NoEvidence
from alzer.explain.average_brain import make_checker
from alzer.explain.faithfulness import Checker, Faithfulness
from alzer.model.engine import Model
from alzer.model.evidence import SliceEvidence


@dataclass(frozen=True)
class MapChecker:
    """Checks maps of one model; what it compares them with is made at the first.

    Attributes:
        model: Is asked.
    """

    model: Model

    @cached_property
    def _checker(self) -> Checker:
        return make_checker(self.model)

    def check(self, evidence: SliceEvidence, label: int) -> Faithfulness:
        """Check the map of one slice; as `check_evidence`."""
        return check_evidence(evidence, label, self._checker)


def check_map(
    analysis: Analysis, model: Model, checker: Checker | None = None
) -> Faithfulness:
    """Ask a model without parts of the slice that is shown whether its map holds.

    Args:
        analysis: Of a slice, or of a whole head, whose leading slice is checked.
        model: Which gave the answer.
        checker: As `make_checker` gives it, where many answers are checked; made anew
            by default.

    Returns:
        How the map of the predicted class did; `passed` is the badge, `text` says it.

    Raises:
        NoEvidence: No region speaks for the class, or only the answer is known.
    """
    evidence = analysis.evidence
    if evidence is None:
        message = "Of this analysis only the answer is known; analyse the scan again."
        raise NoEvidence(message)
    return check_evidence(evidence, analysis.label, checker or make_checker(model))


def check_evidence(
    evidence: SliceEvidence, label: int, checker: Checker
) -> Faithfulness:
    """Ask a model whether the map of one slice holds.

    Args:
        evidence: What the same model gave for the slice.
        label: Index of the class.
        checker: Of that model.

    Returns:
        How the map did.

    Raises:
        NoEvidence: No region speaks for the class.
    """
    if not float(evidence.maps[label].max()) > 0.0:
        message = (
            f"No region of the image spoke for '{CLASS_NAMES[label]}', so there is no "
            "map to check."
        )
        raise NoEvidence(message)
    return checker.check(evidence.pixels, label)
