"""What an analysis found, as Observations."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from alzer.classes import CLASS_NAMES
from alzer.fhir_r4.codes import (
    BRAIN,
    IMAGING,
    STRUCTURES,
    VOLUME,
    Code,
    of_class,
    own,
)
from alzer.fhir_r4.elements import (
    DISCLAIMER,
    Element,
    absent,
    concept,
    notes,
    quantity,
    resource,
    share,
)
from alzer.fhir_r4.told import Told

Values = Mapping[str, Any]

_CANT_TELL: Final = "The model can't tell whether its answer can be relied on."
_NOT_CALIBRATED: Final = (
    "The model is not calibrated: it is not known which degrees can be ruled out."
)
_UNCHECKED: Final = "Too few people of the training had this degree to rule it out."
_UNDECIDED: Final = "One of the two is on neither side."


def observations(told: Told, common: Element) -> Iterator[Element]:
    """Return the observations of an analysis.

    Args:
        told: What it tells.
        common: Fields that all of them have: of whom, when, by which device.

    Yields:
        Resources. Where the answer can't be relied on, they say why in place of
        probabilities and classes.
    """
    for name, said, fields in _all(told):
        head = resource("Observation", told.identity_of(name), said)
        own_notes = [note["text"] for note in fields.get("note", ())]
        yield {
            **head,
            "status": "preliminary",
            "category": [concept(IMAGING)],
            **common,
            **fields,
            **notes([*own_notes, DISCLAIMER]),
        }


_Row = tuple[str, Sequence[str], Element]


def _all(told: Told) -> Iterator[_Row]:
    yield _set(told)
    yield _probabilities(told)
    yield _reliability(told)
    if opinion := told.answer.get("second_opinion"):
        yield _opinion(opinion)
    if told.source.is_head:
        yield from _measurements(told.source.head)


def _set(told: Told) -> _Row:
    """Return the prediction set: in words, and for each class whether it is in it."""
    code = own("prediction-set")
    fields: Element = {
        "code": concept(code),
        "bodySite": concept(BRAIN),
        **notes(told.warnings),
    }
    possible = told.possible_classes
    if told.is_reliable is False:
        fields["dataAbsentReason"] = absent("unknown", told.reason)
    elif possible is None:
        fields["dataAbsentReason"] = absent("unsupported", _NOT_CALIBRATED)
    else:
        single = [of_class(possible[0])] if len(possible) == 1 else []
        fields["valueCodeableConcept"] = concept(*single, text=told.headline)
        fields["component"] = [
            {"code": concept(of_class(name)), "valueBoolean": name in possible}
            if name not in told.unchecked
            else _missing(of_class(name), "unsupported", _UNCHECKED)
            for name in CLASS_NAMES
        ]
    return code.code, (told.headline, told.reason or code.display), fields


def _probabilities(told: Told) -> _Row:
    code = own("class-probabilities")
    rows = told.probabilities.items()
    withheld = told.is_reliable is False
    said = f"{code.display}: " + ", ".join(f"{name} {p:.1%}" for name, p in rows)
    return (
        code.code,
        [told.reason if withheld else said],
        {
            "code": concept(code),
            "bodySite": concept(BRAIN),
            "component": [
                _missing(of_class(name), "unknown", told.reason)
                if withheld
                else {"code": concept(of_class(name)), "valueQuantity": share(p)}
                for name, p in rows
            ],
        },
    )


def _reliability(told: Told) -> _Row:
    code = own("reliability")
    if told.is_reliable is None:
        value = {"dataAbsentReason": absent("unsupported", _CANT_TELL)}
        return code.code, [_CANT_TELL], {"code": concept(code), **value}
    answer = "It can." if told.is_reliable else told.reason
    fields = {"code": concept(code), "valueBoolean": told.is_reliable}
    return code.code, [code.display, answer], {**fields, **notes([told.reason])}


def _opinion(opinion: Values) -> _Row:
    code, agrees = own("csf-opinion"), opinion.get("agrees")
    probability = float(opinion["impairment_probability"])
    fluid = quantity(float(opinion["csf_percent"]), "%", "%")
    agreement: Element = (
        _missing(own("opinions-agree"), "unknown", _UNDECIDED)
        if agrees is None
        else {"code": concept(own("opinions-agree")), "valueBoolean": agrees}
    )
    told = [str(opinion["text"]), str(opinion["caveat"])]
    return (
        code.code,
        told,
        {
            "code": concept(code),
            "bodySite": concept(BRAIN),
            **notes(told),
            "component": [
                {"code": concept(own("csf-share")), "valueQuantity": fluid},
                {
                    "code": concept(own("impairment-probability")),
                    "valueQuantity": share(probability),
                },
                agreement,
            ],
        },
    )


def _measurements(head: Values) -> Iterator[_Row]:
    """Return what was measured of a whole head; a record may know less."""
    if prepared := head.get("preparation"):
        yield _preparation(prepared)
    measured = head.get("measurements") or {}
    if (ml := measured.get("brain_ml")) is not None:
        yield _volume(own("brain-volume"), concept(BRAIN), float(ml))
    caveats = [str(text) for text in measured.get("caveats") or ()]
    for name, one in (measured.get("structures") or {}).items():
        key, said, fields = _structure(name, one)
        yield key, said, {**fields, **notes(caveats)}


def _volume(code: Code, site: Element, ml: float, text: str = "") -> _Row:
    text = text or code.display
    fields = {
        "code": concept(code, VOLUME, text=text),
        "bodySite": site,
        "valueQuantity": quantity(ml, "mL", "mL"),
    }
    return code.code, [f"{text}: {ml:.1f} mL"], fields


def _structure(name: str, measured: Values) -> _Row:
    site = STRUCTURES.get(name)
    body = concept(text=name) if site is None else concept(site)
    text = f"Volume: {name}, left and right together"
    _, said, fields = _volume(
        own("structure-volume"), body, float(measured["ml"]), text
    )
    part = {
        "code": concept(own("structure-share")),
        "valueQuantity": share(float(measured["share"])),
    }
    return f"structure {name}", said, {**fields, "component": [part]}


def _preparation(prepared: Values) -> _Row:
    code = own("preparation")
    verdict = own(f"preparation-{prepared['quality']}")
    reasons = [str(text) for text in prepared.get("reasons") or ()]
    numbers = {
        "registration-similarity": ("registration_similarity", "1", "1"),
        "rotation": ("rotation_degrees", "deg", "deg"),
        "scale": ("scale", "1", "1"),
    }
    parts = [
        {"code": concept(own(name)), "valueQuantity": quantity(value, *units)}
        for name, (key, *units) in numbers.items()
        if (value := prepared.get(key)) is not None
    ]
    fields: Element = {
        "code": concept(code),
        "valueCodeableConcept": concept(verdict),
        **notes(reasons),
    }
    said = [f"{code.display}: {verdict.display}", *reasons]
    return code.code, said, {**fields, **({"component": parts} if parts else {})}


def _missing(code: Code, reason: str, text: str) -> Element:
    return {"code": concept(code), "dataAbsentReason": absent(reason, text)}
