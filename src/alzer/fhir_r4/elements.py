"""The parts that FHIR resources are made of, as plain values."""

from collections.abc import Iterable
from html import escape
from typing import Any, Final

from alzer.fhir_r4.codes import ABSENT, BY_AI, UCUM, Code

Element = dict[str, Any]

DISCLAIMER: Final = (
    "Research and education software. It is not a medical device and gives no "
    "diagnosis; nothing in the care of anyone may rest on it."
)


def coding(code: Code) -> Element:
    """Return a Coding."""
    return code._asdict()


def concept(*codes: Code, text: str | None = None) -> Element:
    """Return a CodeableConcept.

    Args:
        *codes: All of the same thing; perhaps none.
        text: What it is, in words; the first code's own by default.
    """
    found: Element = {"coding": [coding(code) for code in codes]} if codes else {}
    return {**found, "text": text or codes[0].display}


def quantity(value: float, unit: str, code: str) -> Element:
    """Return a Quantity.

    Args:
        value: The number.
        unit: For people.
        code: Of UCUM.
    """
    return {"value": value, "unit": unit, "system": UCUM, "code": code}


def share(value: float) -> Element:
    """Return a Quantity without a unit, such as a probability.

    Source: UCUM, section 19: the unity is written `1`.
    """
    return quantity(value, "1", "1")


def absent(code: str, text: str) -> Element:
    """Return why a value is missing.

    Args:
        code: Of HL7's data-absent-reason, such as `unknown`.
        text: The reason, for a person.
    """
    display = code.replace("-", " ").capitalize()
    return concept(Code(ABSENT, code, display), text=text)


def notes(texts: Iterable[str]) -> Element:
    """Return annotations as a field; no field for no text."""
    found = [{"text": text} for text in texts if text]
    return {"note": found} if found else {}


def resource(kind: str, identity: str, said: Iterable[str]) -> Element:
    """Return what every resource begins with.

    Args:
        kind: Its type.
        identity: Its id, a UUID.
        said: The lines of its narrative; the disclaimer comes after them.

    Returns:
        Type, id, a label that software asserted it, and the narrative.
    """
    lines = "".join(f"<p>{escape(text)}</p>" for text in (*said, DISCLAIMER))
    div = f'<div xmlns="http://www.w3.org/1999/xhtml">{lines}</div>'
    return {
        "resourceType": kind,
        "id": identity,
        "meta": {"security": [coding(BY_AI)]},
        "text": {"status": "generated", "div": div},
    }
