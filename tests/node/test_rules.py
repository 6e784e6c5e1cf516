"""Which series are wanted, by the settings."""

import pytest

from alzer.node.instance import SeriesFacts
from alzer.node.rules import why_unwanted
from alzer.node.settings import NodeSettings

T1 = SeriesFacts("MR", "HEAD", ("t1_mprage_sag", "T1 MPRAGE"))


@pytest.mark.parametrize(
    ("rules", "reason"),
    [
        ({}, None),
        ({"modalities": "CT,PT"}, "modalities"),
        ({"modalities": "ct,mr"}, None),
        ({"body_parts": "brain, head"}, None),
        ({"body_parts": "KNEE"}, "body_parts"),
        ({"series": "*mprage*,*bravo*"}, None),
        ({"series": "*MPRAGE"}, None),
        ({"series": "*flair*"}, "series"),
        ({"series": "mprage"}, "series"),
        ({"not_series": "*_sag"}, "not_series"),
        ({"series": "*t1*", "not_series": "*localizer*"}, None),
    ],
)
def test_a_series_is_wanted_if_every_rule_agrees(
    rules: dict[str, str], reason: str | None
) -> None:
    assert why_unwanted(T1, NodeSettings.model_validate(rules)) == reason


def test_a_series_that_names_no_part_of_the_body_is_wanted() -> None:
    facts = SeriesFacts("MR", "", ("", ""))

    assert why_unwanted(facts, NodeSettings(body_parts=("HEAD",))) is None
