"""An analysis, its bundle and its record give the same report, as far as they know."""

import json
from dataclasses import replace

import numpy as np
import pytest

from alzer.analysis import Analysis
from alzer.analysis_bundle import (
    AnalysisBundle,
    describe_analysis,
    pack_bundle,
    read_bundle,
)
from alzer.analysis_evidence import evidence_of
from alzer.errors import UnusableBundle
from alzer.reports.composing import compose
from alzer.reports.sources import Source, source_of_bundle
from reports.made import DIGEST, MADE_AT, report_on


def bundle_of(analysis: Analysis) -> AnalysisBundle:
    manifest = describe_analysis(analysis, [DIGEST])
    packed = pack_bundle(evidence_of(analysis), manifest, analysis.overlay_png)
    return read_bundle(packed)


@pytest.mark.parametrize("kind", ["analysed", "doubtful", "head"])
def test_a_bundle_gives_the_report_of_its_analysis(
    kind: str, request: pytest.FixtureRequest
) -> None:
    analysis: Analysis = request.getfixturevalue(kind)
    source = source_of_bundle(bundle_of(analysis), made_at=MADE_AT)

    assert compose(source, MADE_AT) == report_on(analysis)


def test_a_bundle_from_before_it_told_of_the_scan_gives_one_too(
    head: Analysis,
) -> None:
    bundle = bundle_of(head)
    manifest = json.loads(json.dumps(bundle.manifest))
    manifest["input"] = {"sha256": [DIGEST]}
    del manifest["head"]
    report = compose(source_of_bundle(replace(bundle, manifest=manifest)), MADE_AT)

    told = {each.name: each.value for each in report.scan}
    assert told["Size"] == "not known"
    assert told["SHA-256 of the file"] == DIGEST
    assert report.has_heatmap
    assert report.measurements == ()


def test_a_bundle_without_its_arrays_is_refused(analysed: Analysis) -> None:
    bundle = bundle_of(analysed)
    broken = {**bundle.arrays, "places": np.zeros((1, 2))}

    with pytest.raises(UnusableBundle, match="lacks parts"):
        source_of_bundle(replace(bundle, arrays=broken))


def test_the_card_counts_only_for_its_own_model() -> None:
    answer = {"model": {"sha256": "ab"}}

    assert Source(answer, card={"model_sha256": "ab", "x": 1}).own_card["x"] == 1
    assert Source(answer, card={"model_sha256": "cd", "x": 1}).own_card == {}


def test_without_a_word_of_it_no_slice_of_a_head_is_taken_for_the_leading_one() -> None:
    assert Source({}).leading == 0
    assert Source({"kind": "volume"}).leading is None
    assert Source({"kind": "volume", "leading_slice": 7}).leading == 7
