"""How dates and probabilities are printed."""

from datetime import UTC, datetime

import pytest

from alzer.reports.report import describe_moment, percent


@pytest.mark.parametrize(
    ("share", "text"),
    [
        (0.0, "under 1 %"),
        (0.0049, "under 1 %"),
        (0.0051, "1 %"),
        (0.425, "42 %"),
        (0.994, "99 %"),
        (0.9951, "over 99 %"),
        (1.0, "over 99 %"),
    ],
)
def test_probabilities_are_never_certain(share: float, text: str) -> None:
    assert percent(share).replace("\N{NO-BREAK SPACE}", " ") == text


def test_a_moment_names_its_zone() -> None:
    moment = datetime(2026, 11, 2, 7, 3, tzinfo=UTC)

    assert describe_moment(moment) == "2 November 2026, 07:03 UTC"
