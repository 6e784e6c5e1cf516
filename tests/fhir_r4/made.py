"""What tests of the resources share: bundles of analyses, checked as they are made."""

from typing import Any

from fhir.resources.R4B.bundle import Bundle

from alzer.analysis import Analysis
from alzer.fhir_r4.bundle import fhir_bundle
from alzer.reports.sources import source_of_analysis

Resource = dict[str, Any]


def bundle_of(analysis: Analysis, **known: Any) -> Resource:  # noqa: ANN401 - as `Source` has them
    """Return the resources of an analysis, valid by the models of FHIR R4B."""
    found = fhir_bundle(source_of_analysis(analysis, **known))
    Bundle.model_validate(found)
    return found


def of_type(bundle: Resource, kind: str) -> list[Resource]:
    found = [entry["resource"] for entry in bundle["entry"]]
    return [one for one in found if one["resourceType"] == kind]


def observation(bundle: Resource, code: str, text: str | None = None) -> Resource:
    """Return the one observation of a code, and of a text if that is given."""
    (found,) = [
        one
        for one in of_type(bundle, "Observation")
        if one["code"]["coding"][0]["code"] == code
        and text in {None, one["code"]["text"]}
    ]
    return found


def components(resource: Resource) -> dict[str, Resource]:
    return {one["code"]["coding"][0]["code"]: one for one in resource["component"]}
