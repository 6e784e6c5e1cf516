"""The whole of an analysis as resources."""

import json
from datetime import UTC, datetime

import pytest
from fhir.resources.R4B.device import Device

from alzer.analysis import Analysis
from alzer.fhir_r4.codes import REFERENCE
from alzer.fhir_r4.elements import DISCLAIMER
from fhir_r4.made import bundle_of, of_type
from served import doubt

MADE_AT = datetime(2026, 3, 7, 9, 5, tzinfo=UTC)
IDENTITY = "7c9e6679-7425-40de-944b-e07fc1f90ae7"


def test_a_report_names_all_its_observations(head: Analysis) -> None:
    bundle = bundle_of(head)
    (report,) = of_type(bundle, "DiagnosticReport")
    found = {f"urn:uuid:{one['id']}" for one in of_type(bundle, "Observation")}

    assert bundle["type"] == "collection"
    assert {one["reference"] for one in report["result"]} == found
    assert len(found) > 17


def test_addresses_within_it_lead_somewhere(head: Analysis) -> None:
    bundle = bundle_of(head)
    urls = [entry["fullUrl"] for entry in bundle["entry"]]
    (device,) = of_type(bundle, "Device")

    assert len(set(urls)) == len(urls)
    for entry in bundle["entry"]:
        assert entry["fullUrl"] == f"urn:uuid:{entry['resource']['id']}"
    for one in of_type(bundle, "Observation"):
        assert one["device"]["reference"] == f"urn:uuid:{device['id']}"


def test_the_report_is_preliminary_and_says_what_it_is_not(analysed: Analysis) -> None:
    (report,) = of_type(bundle_of(analysed), "DiagnosticReport")

    assert report["status"] == "preliminary"
    assert report["conclusion"].startswith(analysed.headline.text)
    assert report["conclusion"].endswith(DISCLAIMER)
    assert "conclusionCode" not in report  # it is no diagnosis
    for one in [report, *of_type(bundle_of(analysed), "Device")]:
        assert DISCLAIMER in one["text"]["div"]
        assert one["meta"]["security"][0]["code"] == "AIAST"


def test_the_conclusion_says_why_there_is_no_answer(analysed: Analysis) -> None:
    (report,) = of_type(bundle_of(doubt(analysed, "Too dark.")), "DiagnosticReport")

    assert report["conclusion"].startswith("No reliable answer. Too dark. ")


def test_the_device_is_the_model(analysed: Analysis) -> None:
    (found,) = of_type(bundle_of(analysed), "Device")
    device = Device.model_validate(found)
    versions = {one["type"]["text"]: one["value"] for one in found["version"]}

    assert (device.identifier or [])[0].value == analysed.model.sha256
    assert (device.deviceName or [])[0].name == analysed.model.name
    assert versions["model"] == analysed.model.version
    ran = [one["valueCode"][0]["text"] for one in found["property"]]
    assert ran == [analysed.model.engine, analysed.model.precision]


def test_of_the_person_it_knows_the_reference_alone(analysed: Analysis) -> None:
    named = bundle_of(analysed, reference="S-0042")
    nameless = bundle_of(analysed)
    identifier = {"system": REFERENCE, "value": "S-0042"}

    for one in of_type(named, "Observation") + of_type(named, "DiagnosticReport"):
        assert one["subject"] == {"type": "Patient", "identifier": identifier}
    assert "subject" not in json.dumps(nameless)
    assert not of_type(named, "Patient")


def test_an_analysis_keeps_its_identity_and_its_moment(analysed: Analysis) -> None:
    bundle = bundle_of(analysed, analysis_id=IDENTITY, made_at=MADE_AT)
    (report,) = of_type(bundle, "DiagnosticReport")

    assert report["id"] == report["identifier"][0]["value"] == IDENTITY
    assert report["issued"] == bundle["timestamp"] == "2026-03-07T09:05:00.000+00:00"
    # When the scan was made is not known.
    assert "effective" not in json.dumps(bundle)


@pytest.mark.parametrize("moment", [datetime(2026, 3, 7, 9, 5), None])  # noqa: DTZ001 - that is tested
def test_a_moment_without_a_zone_is_in_utc(
    analysed: Analysis, moment: datetime | None
) -> None:
    (report,) = of_type(bundle_of(analysed, made_at=moment), "DiagnosticReport")

    expected = None if moment is None else "2026-03-07T09:05:00.000+00:00"
    assert report.get("issued") == expected


def test_the_same_analysis_gives_the_same_bundle(analysed: Analysis) -> None:
    assert bundle_of(analysed) == bundle_of(analysed)
