"""Asking again without a part of a slice, by HTTP."""

from typing import Any

import numpy as np
import pytest
from fastapi.testclient import TestClient

from alzer.classes import CLASS_NAMES
from alzer.explain.box_fills import FILLS, Fill
from alzer.explain.kept_evidence import unpack_evidence
from alzer.explain.occlusion import box_on_input, occlude
from alzer.model.engine import Model
from phantoms import as_png, draw_brain

pytestmark = pytest.mark.on_every_backend

BOX = {"top": 60.0, "left": 70.0, "bottom": 100.0, "right": 120.0}


@pytest.fixture
def answer(client: TestClient) -> dict[str, Any]:
    scan = as_png(draw_brain((150, 190)))
    answer: dict[str, Any] = client.post("/predict", files={"file": scan}).json()
    return answer


@pytest.mark.parametrize("fill", FILLS, ids=lambda fill: fill.name)
def test_it_equals_an_offline_occlusion(
    client: TestClient, model: Model, answer: dict[str, Any], fill: Fill
) -> None:
    root = f"/analyses/{answer['analysis_id']}"
    told = client.get(f"{root}/occlusion", params={**BOX, "fill": fill.name}).json()
    maps = unpack_evidence(client.get(f"{root}/evidence").content).maps()
    edges = (BOX["top"], BOX["left"], BOX["bottom"], BOX["right"])
    filled = occlude(maps.evidence.pixels, box_on_input(maps.geometry, edges), fill)
    both = np.stack([maps.evidence.pixels, filled])[:, None]
    as_it_is, offline = model.run_exactly(both).logits

    logits = [told["after"]["logits"][name] for name in CLASS_NAMES]
    kept = [told["before"]["logits"][name] for name in CLASS_NAMES]
    moved = np.subtract(logits, kept).tolist()
    assert moved == pytest.approx((offline - as_it_is).tolist(), abs=1e-5)
    powers = np.exp(np.array(logits))
    shares = [told["after"]["class_probabilities"][name] for name in CLASS_NAMES]
    assert shares == pytest.approx((powers / powers.sum()).tolist())
    assert told["class_name"] == answer["prediction"]
    # What it says of the slice as it is, is what the answer says, to the last digit.
    assert {
        name: f"{share:.2%}"
        for name, share in told["before"]["class_probabilities"].items()
    } == answer["class_probabilities"]
    assert told["fall"] == pytest.approx(
        told["before"]["margin"] - told["after"]["margin"]
    )
    assert told["fill"] == fill.name


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"fill": "zero"}, "fill"),
        ({"top": "nan"}, "top"),
        ({"top": "120"}, "above its bottom"),
        ({"left": "-40", "right": "-20"}, "nothing of the head"),
        (
            {"top": "0", "left": "0", "bottom": "150", "right": "190"},
            "half of the head",
        ),
        ({"slice": "1"}, "1 slices"),
    ],
)
def test_what_cannot_be_asked_is_refused(
    client: TestClient, answer: dict[str, Any], changed: dict[str, str], told: str
) -> None:
    address = f"/analyses/{answer['analysis_id']}/occlusion"
    refused = client.get(address, params={**BOX, **changed})

    assert (refused.status_code, refused.json()["code"]) == (400, "invalid_request")
    assert told in refused.json()["detail"]


def test_of_an_analysis_that_there_is_not_nothing_is_asked(client: TestClient) -> None:
    missing = "/analyses/00000000-0000-4000-8000-000000000000/occlusion"
    refused = client.get(missing, params=BOX)

    assert (refused.status_code, refused.json()["code"]) == (404, "no_such_analysis")
