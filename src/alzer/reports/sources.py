"""What reports are made from: an analysis, its bundle, or a record of it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from alzer.analysis_bundle import AnalysisBundle, Manifest, describe_analysis
from alzer.analysis_evidence import evidence_of
from alzer.answer import Analysis
from alzer.errors import UnusableBundle
from alzer.explain.faithfulness import Faithfulness
from alzer.explain.kept_evidence import KeptEvidence, evidence_from_arrays

Values = Mapping[str, Any]


@dataclass(frozen=True)
class Source:
    """What a report is made from.

    Attributes:
        answer: As plain values, named as in records, in the service's answers and in
            bundles; probabilities as numbers or in percent. Fields that it lacks are
            left out of the report.
        manifest: Of the analysis's bundle; empty where there is none.
        evidence: Of the network; None where none is kept.
        overlay_png: The heatmap over the scan; None where there is none.
        card: Of the model that answered; empty where it is not at hand.
        check: How the map did when the model was asked about it; None: nobody asked.
        analysis_id: Names the analysis; empty where nothing does.
        reference: What people call the scan, without naming its person; or empty.
        made_at: When the analysis was made; None where that is not known.
    """

    answer: Values
    manifest: Manifest = field(default_factory=dict)
    evidence: KeptEvidence | None = None
    overlay_png: bytes | None = None
    card: Values = field(default_factory=dict)
    check: Faithfulness | None = None
    analysis_id: str = ""
    reference: str = ""
    made_at: datetime | None = None

    @property
    def is_head(self) -> bool:
        """Whether a whole head was analysed."""
        kind = self.answer.get("kind") or self.manifest.get("kind")
        return kind == "volume"

    @property
    def head(self) -> Values:
        """What is told of a whole head: preparation, measurements, leading slice."""
        # The answer in a bundle has the verdict on the preparation alone.
        return {**self.answer, **(self.manifest.get("head") or {})}

    @property
    def model(self) -> Values:
        """Which model answered."""
        return self.answer.get("model") or self.manifest.get("model") or {}

    @property
    def own_card(self) -> Values:
        """The card, if it is that of the model that answered; else empty."""
        made_by = self.model.get("sha256")
        return self.card if made_by == self.card.get("model_sha256") else {}

    @property
    def leading(self) -> int | None:
        """Index of the slice that is shown; None if that is not known."""
        if not self.is_head:
            return 0
        leading = self.head.get("leading_slice")
        return leading if isinstance(leading, int) else None


def source_of_analysis(
    analysis: Analysis,
    digests: Iterable[str] = (),
    **known: Any,  # noqa: ANN401 - as `Source` has them
) -> Source:
    """Return what the report of an analysis is made from.

    Args:
        analysis: Of a slice, or of a whole head.
        digests: SHA-256 of each file of the scan, hexadecimal.
        **known: What else is known of it: `card`, `check`, `reference`, `made_at`,
            `analysis_id`; see `Source`.
    """
    manifest = describe_analysis(analysis, digests)
    return Source(
        _answer_in(manifest),
        manifest,
        evidence_of(analysis) if analysis.slices else None,
        analysis.overlay_png,
        **known,
    )


def source_of_bundle(bundle: AnalysisBundle, **known: Any) -> Source:  # noqa: ANN401 - likewise
    """Return what the report of an analysis in a bundle is made from.

    Args:
        bundle: As `read_bundle` gives it.
        **known: As for `source_of_analysis`.

    Raises:
        UnusableBundle: Its arrays, or its manifest, are not those of an analysis.
    """
    manifest = bundle.manifest
    geometry = manifest.get("geometry") or {}
    try:
        evidence = evidence_from_arrays(
            bundle.arrays,
            float(geometry.get("pixel_aspect", 1.0)),
            geometry.get("spacing_mm"),
        )
        answer = _answer_in(manifest)
    except (KeyError, TypeError, ValueError, IndexError) as error:
        message = "The bundle lacks parts of its analysis. Get the bundle again."
        raise UnusableBundle(message) from error
    return Source(answer, manifest, evidence, bundle.overlay_png, **known)


def _answer_in(manifest: Manifest) -> Values:
    return {
        "kind": manifest["kind"],
        "model": manifest["model"],
        "heatmap_missing_reason": manifest.get("heatmap_missing_reason"),
        **manifest["answer"],
    }
