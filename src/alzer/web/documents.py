"""Answers as they are kept: documents with a version, of which none becomes unreadable.

Whoever changes what an answer holds raises `NEWEST` and adds the step that brings a
document of the version before to it. `tests/web/documents` holds one of each version.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final

from alzer.conclusion import OUT_OF_DISTRIBUTION
from alzer.headline import choose_headline
from alzer.web.schemas import HeadPrediction, ModelUsed, Prediction

Document = dict[str, Any]

NEWEST: Final = 8

# What changes from answer to answer, and pictures.
_ADDRESSES: Final[Mapping[str, Any]] = {
    "heatmap_url": True,
    "layers": True,
    "evidence_url": True,
    "brain_mask_url": True,
    "scan_url": True,
    "slices": {"__all__": {"heatmap_url"}},
}

# What a document says of a field that came after it was written: nothing.
_UNSAID: Final[Mapping[str, Any]] = {
    "heatmap_missing_reason": None,
    "reliable": None,
    "possible_classes": None,
    "calibrated": False,
    "warnings": [],
    "timings_ms": {},
    "model": dict.fromkeys(ModelUsed.model_fields, "unknown"),
}


def to_document(answer: Prediction) -> Document:
    """Return what is kept of an answer: not the addresses, which change."""
    kept = answer.model_dump(exclude=_ADDRESSES)
    return {"version": NEWEST, **kept}


def from_document(stored: Mapping[str, Any]) -> Document:
    """Return an answer as the newest version has it.

    Args:
        stored: A document of this version or of any earlier one.

    Returns:
        The answer with all its fields but the addresses, nothing said of those that
        its version did not have yet.
    """
    document = {**_UNSAID, **stored}
    for step in _STEPS[_version_of(stored) - 1 :]:
        document = step(document)
    document.pop("version", None)
    return document


def recall(stored: Mapping[str, Any]) -> Prediction:
    """Return the answer that a document holds, without addresses.

    Args:
        stored: A document of this version or of any earlier one.
    """
    document = from_document(stored)
    is_head = document.get("kind") == "volume"
    answer = HeadPrediction if is_head else Prediction
    return answer.model_validate({**document, "heatmap_url": None})


def _version_of(stored: Mapping[str, Any]) -> int:
    """Return a document's version; the first two did not tell."""
    return int(stored.get("version", 2 if "headline" in stored else 1))


def _tell_reason(document: Document) -> Document:
    """Bring version 1 to 2: it had the reason as the first warning only."""
    reason = None
    if document["reliable"] is False:
        reason = next(iter(document["warnings"]), OUT_OF_DISTRIBUTION)
    return {**document, "unreliable_reason": reason}


def _tell_headline(document: Document) -> Document:
    """Bring version 2 to 3: the first two are headed by the rule of this version."""
    reason = document.get("unreliable_reason")
    headline = choose_headline(
        document["prediction"], document["possible_classes"], reason
    )
    return {**document, "unreliable_reason": reason, "headline": headline.text}


def _tell_of_scan(document: Document) -> Document:
    """Bring version 3 to 4: until then nothing was kept of a head's scan."""
    is_head = document.get("kind") == "volume"
    return {"scan": None, **document} if is_head else document


def _have_no_second_opinion(document: Document) -> Document:
    """Bring version 4 to 5: before, nothing was measured beside the network."""
    return {"second_opinion": None, **document}


def _have_no_verdict_on_the_map(document: Document) -> Document:
    """Bring version 5 to 6: before, nobody asked where the evidence lies."""
    return {"map_quality": None, **document}


def _know_nothing_of_the_input(document: Document) -> Document:
    """Bring version 6 to 7: before, format and size of the scan were not kept."""
    return {"input": None, **document}


def _know_nothing_of_the_picture(document: Document) -> Document:
    """Bring version 7 to 8: before, it was not told how the picture lies."""
    return {"picture": None, **document}


# The step from each version to the next, the first one's first.
_STEPS: Final[tuple[Callable[[Document], Document], ...]] = (
    _tell_reason,
    _tell_headline,
    _tell_of_scan,
    _have_no_second_opinion,
    _have_no_verdict_on_the_map,
    _know_nothing_of_the_input,
    _know_nothing_of_the_picture,
)
