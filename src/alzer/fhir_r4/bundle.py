"""The Bundle of an analysis: its report, what was observed, and by which model."""

from datetime import UTC, datetime
from typing import Any, Final

from alzer.fhir_r4.codes import (
    ANALYSIS,
    MODEL_DIGEST,
    RADIOLOGY,
    REFERENCE,
    SOFTWARE,
    own,
)
from alzer.fhir_r4.elements import DISCLAIMER, Element, concept, notes, resource
from alzer.fhir_r4.observations import observations
from alzer.fhir_r4.told import Told, read_source
from alzer.reports.sources import Source

MEDIA_TYPE: Final = "application/fhir+json"


def fhir_bundle(source: Source) -> dict[str, Any]:
    """Return an analysis as a FHIR R4 Bundle of the type `collection`.

    It holds a DiagnosticReport, its Observations and the model as a Device, all of
    the status `preliminary`. Of the person it holds the reference alone, if there is
    one, as an identifier. Where the answer can't be relied on, the resources say why
    in place of classes and probabilities.

    Args:
        source: What is known of the analysis; without a card of the model, classes
            that it could not be checked on count as ruled out.

    Returns:
        Plain values, ready for JSON.

    Raises:
        InvalidRequest: It is no answer of an analysis.

    Source: HL7 FHIR R4 (4.0.1): Bundle, DiagnosticReport, Observation, Device.
    """
    told = read_source(source)
    device = _device(told)
    common = {**_subject(source), **_issued(source.made_at)}
    by_model = {"device": {"reference": _url(device["id"])}}
    found = list(observations(told, {**common, **by_model}))
    report = _report(told, common, found)
    entries = [
        {"fullUrl": _url(one["id"]), "resource": one}
        for one in (report, *found, device)
    ]
    made = _instant(source.made_at)
    return {
        "resourceType": "Bundle",
        "id": told.identity_of("bundle"),
        "type": "collection",
        **({"timestamp": made} if made else {}),
        "entry": entries,
    }


def _report(told: Told, common: Element, found: list[Element]) -> Element:
    code, identity = own("impairment-analysis"), str(told.identity)
    said = [told.headline, told.reason, *told.warnings]
    sentences = [told.headline, told.reason, DISCLAIMER]
    conclusion = " ".join(_sentence(text) for text in sentences if text)
    return {
        **resource("DiagnosticReport", identity, filter(None, said)),
        "identifier": [{"system": ANALYSIS, "value": identity}],
        "status": "preliminary",
        "category": [concept(RADIOLOGY)],
        "code": concept(code),
        **common,
        "result": [{"reference": _url(one["id"])} for one in found],
        "conclusion": conclusion,
    }


def _device(told: Told) -> Element:
    model = told.source.model
    name = str(model.get("name", "unknown"))
    software = (told.source.manifest.get("software") or {}).get("alzer")
    versions = [("model", model.get("version")), ("alzer", software)]
    ran = [(kind, model.get(kind)) for kind in ("engine", "precision")]
    digest = model.get("sha256")
    lists = {
        "identifier": [{"system": MODEL_DIGEST, "value": str(digest)}]
        if digest
        else [],
        "version": [
            {"type": concept(text=kind), "value": str(value)}
            for kind, value in versions
            if value
        ],
        "property": [
            {"type": concept(own(kind)), "valueCode": [concept(text=str(value))]}
            for kind, value in ran
            if value
        ],
    }
    return {
        **resource("Device", told.identity_of("device"), [f"The model {name}."]),
        "status": "active",
        "deviceName": [{"name": name, "type": "model-name"}],
        "type": concept(SOFTWARE),
        # FHIR knows no empty lists.
        **{name: found for name, found in lists.items() if found},
        **notes([DISCLAIMER]),
    }


def _subject(source: Source) -> Element:
    """Return of whom it is: by what people call the scan, and nothing else."""
    if not source.reference:
        return {}
    identifier = {"system": REFERENCE, "value": source.reference}
    return {"subject": {"type": "Patient", "identifier": identifier}}


def _issued(moment: datetime | None) -> Element:
    made = _instant(moment)
    return {"issued": made} if made else {}


def _instant(moment: datetime | None) -> str | None:
    """Return a moment as FHIR's `instant`, which needs a zone and seconds."""
    if moment is None:
        return None
    zoned = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return zoned.isoformat(timespec="milliseconds")


def _sentence(text: str) -> str:
    return text if text.endswith(".") else f"{text}."


def _url(identity: str) -> str:
    return f"urn:uuid:{identity}"
