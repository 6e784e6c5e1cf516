"""What reports and DICOM objects of a kept analysis are made from."""

from collections.abc import Mapping
from typing import Any

from alzer.errors import DamagedBundle
from alzer.explain.kept_evidence import (
    KeptEvidence,
    UnreadableEvidence,
    unpack_evidence,
)
from alzer.model.bundle import read_card, shipped_bundle
from alzer.reports.sources import Source
from alzer.settings import Settings
from alzer.store.kinds import Kind
from alzer.store.records import Record
from alzer.store.store import Store
from alzer.web.documents import from_document


def source_of_record(store: Store, record: Record, card: Mapping[str, Any]) -> Source:
    """Return what is known of an analysis that was kept.

    Args:
        store: Where its files are.
        record: Of the analysis.
        card: Of the model that runs here; empty if it can't be read.
    """
    evidence = _evidence(store, record)
    overlay = None
    if record.heatmap is not None:
        overlay = store.files.read(Kind.HEATMAP, record.heatmap)
    return Source(
        answer=from_document(record.answer),
        manifest=(evidence.manifest if evidence else None) or {},
        evidence=evidence,
        overlay_png=overlay,
        card=card,
        analysis_id=record.id,
        reference=record.reference or "",
        made_at=record.created_at,
    )


def card_of(settings: Settings) -> dict[str, Any]:
    """Return the card of the model that settings name; empty if it can't be read."""
    try:
        return dict(read_card(settings.model or shipped_bundle()))
    except DamagedBundle:
        return {}


def _evidence(store: Store, record: Record) -> KeptEvidence | None:
    """Return what is kept; a report can do without."""
    if record.evidence is None:
        return None
    content = store.files.read(Kind.EVIDENCE, record.evidence)
    try:
        return None if content is None else unpack_evidence(content)
    except UnreadableEvidence:
        return None
