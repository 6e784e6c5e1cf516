"""What tests of reports share: a card, moments, and texts of files."""

import io
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, Final

from pypdf import PdfReader

from alzer.analysis import Analysis
from alzer.model.engine import Model
from alzer.reports.composing import compose
from alzer.reports.report import Report
from alzer.reports.sources import source_of_analysis

MADE_AT = datetime(2026, 3, 7, 9, 5, tzinfo=UTC)
DIGEST = "ab" * 32
REASON = "The skull is still on: send the whole scan."

# What the card of a model of somebody else's may say.
CARD: Final[dict[str, Any]] = {
    "data": {
        "source": "Village study",
        "people": 31,
        "people_per_class": {"No Impairment": 20, "Mild Impairment": 11},
    },
    "metrics": {
        "everyone": {"people": 31, "auc": {"value": 0.6, "low": 0.41, "high": 0.79}}
    },
    "limitations": ["Made up for tests."],
}


def card_of(model: Model) -> dict[str, Any]:
    return {**CARD, "model_sha256": model.identity.sha256}


def report_on(analysis: Analysis, **known: Any) -> Report:  # noqa: ANN401 - as `Source` has them
    known = {"made_at": MADE_AT, **known}
    return compose(source_of_analysis(analysis, [DIGEST], **known), MADE_AT)


def with_warnings(analysis: Analysis, count: int) -> Analysis:
    text = "Pixels were scaled by numbers that the file gives in two places, unlike"
    many = tuple(f"{text} each other ({number})." for number in range(count))
    return replace(analysis, warnings=many)


def words_of(text: str) -> str:
    """Return a text with one blank wherever lines or words are set apart."""
    return " ".join(text.split())


def text_of(pdf: bytes) -> str:
    reader = PdfReader(io.BytesIO(pdf))
    return words_of(" ".join(page.extract_text() for page in reader.pages))
