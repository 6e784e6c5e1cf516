"""All that is put into objects, whatever it came from."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final, Literal

from alzer.answer import Analysis
from alzer.classes import CLASS_NAMES
from alzer.dicom_out.grid import EvidenceOnScan
from alzer.dicom_out.series import SourceSeries
from alzer.errors import InvalidRequest
from alzer.picture_facts import Edges, picture_fields
from alzer.reports.sources import Source

Kind = Literal["capture", "report", "map", "pdf"]

KINDS: Final[tuple[Kind, ...]] = ("capture", "report", "map", "pdf")

# What files of each kind are called.
FILE_NAMES: Final[Mapping[Kind, str]] = {
    "capture": "overlay.dcm",
    "report": "report.dcm",
    "map": "evidence.dcm",
    "pdf": "report_pdf.dcm",
}

_NO_EDGES: Final[Edges] = {"top": None, "right": None, "bottom": None, "left": None}


@dataclass(frozen=True)
class Scene:
    """What objects are made from.

    Attributes:
        told: The answer and what is known of it.
        series: What the objects refer to.
        evidence: On the scan's own grid; None where that can't be told.
        edges: Which side of the person the edges of the picture show.
    """

    told: Source
    series: SourceSeries
    evidence: EvidenceOnScan | None = None
    edges: Edges | None = None

    @property
    def prediction(self) -> str:
        """Name of the most probable class."""
        return str(self.told.answer["prediction"])

    @property
    def label(self) -> int:
        """Its index."""
        return label_of(self.told)

    @property
    def probabilities(self) -> Mapping[str, float]:
        """Of each class, 0 to 1, in the order of severity."""
        told = self.told.answer["class_probabilities"]
        return {name: _number(told[name]) for name in CLASS_NAMES}

    @property
    def is_withheld(self) -> bool:
        """Whether the answer is not to be relied on, so that no class is named."""
        return self.told.answer.get("reliable") is False

    @property
    def known_edges(self) -> Edges:
        """The edges, with None for those that nobody knows."""
        return self.edges or _NO_EDGES

    @property
    def software(self) -> Mapping[str, str]:
        """Versions by package; empty where they are not known."""
        found: Mapping[str, str] = self.told.manifest.get("software") or {}
        return found

    def anonymous(self) -> "Scene":
        """Return the scene without what could tell of whom or when it is."""
        told = self.told
        manifest: dict[str, Any] = {**told.manifest}
        if "input" in manifest:
            manifest["input"] = {**manifest["input"], "sha256": []}
        told = replace(
            told, manifest=manifest, analysis_id="", reference="", made_at=None
        )
        return replace(self, told=told)


def label_of(told: Source) -> int:
    """Return the index of the most probable class.

    Raises:
        InvalidRequest: This is no answer of an analysis.
    """
    try:
        return CLASS_NAMES.index(str(told.answer["prediction"]))
    except (KeyError, ValueError) as error:
        message = "This is no answer of an analysis: it lacks a prediction."
        raise InvalidRequest(message) from error


def edges_of(analysis: Analysis) -> Edges | None:
    """Return which side of the person the edges of an analysis's picture show."""
    fields = picture_fields(analysis)
    return None if fields is None else fields["edges"]


def _number(told: object) -> float:
    """Return a probability, which records of the service have in percent."""
    if isinstance(told, str):
        return float(told.removesuffix("%")) / 100.0
    return float(told)  # type: ignore[arg-type]  # what is none raises
