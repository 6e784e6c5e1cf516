"""What a call asks of a cluster."""

import hashlib
import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from alzer.cli.cluster_order import ANALYSIS_SETTINGS, Order, settings_for
from alzer.cli.cluster_results import results_url
from alzer.cli.cluster_tasks import MANIFEST, Search
from alzer.cli.further_files import Extras
from alzer.cli.places import is_remote
from alzer.cli.records import Format
from alzer.cli.results import (
    BUNDLES,
    HEATMAPS,
    LEGEND,
    MAPS,
    SCANS,
    SUMMARY,
    Existing,
)
from alzer.cli.shards import KINDS, MODEL, RECORDS, SETTINGS
from alzer.errors import InvalidRequest
from alzer.model.bundle import Bundle
from alzer.settings import Settings

_OWN: Final = (RECORDS, HEATMAPS, SCANS, MAPS, BUNDLES, LEGEND, SUMMARY)


@dataclass(frozen=True)
class ClusterCall:
    """What a call asks of a cluster.

    Attributes:
        backend: `ray`, `ray://auto` or `ray://HOST:PORT`.
        names: Files, folders, addresses and manifests.
        output: Where results go: a folder or an address.
        format: How records are written; None: as JSON Lines.
        existing: What is done with results that are there already.
        is_bids: Whether folders are BIDS data sets.
        series: Which of several DICOM series is meant; None to choose.
        extras: What more is written of each analysis.
        slice_processes: How many work on slices at the most; None: as cores allow.
        head_processes: How many work on whole heads, likewise.
    """

    backend: str
    names: Sequence[str]
    output: str
    format: Format | None
    existing: Existing
    is_bids: bool = False
    series: str | None = None
    extras: Extras = field(default_factory=Extras)
    slice_processes: int | None = None
    head_processes: int | None = None

    @property
    def url(self) -> str:
        """Where the results go, below what the call names."""
        return results_url(self.output, is_bids=self.is_bids)

    def check(self) -> None:
        """Refuse what a cluster does not do.

        Raises:
            InvalidRequest: The call asks for that.
        """
        if self.format not in {None, *KINDS}:
            message = "A cluster writes records as jsonl or parquet; choose one."
            raise InvalidRequest(message)
        listed = any(name.lower().endswith(MANIFEST) for name in self.names)
        if self.extras.bundles and (listed or any(map(is_remote, self.names))):
            message = "Bundles are made of scans in folders; leave out --bundle."
            raise InvalidRequest(message)
        if self.is_bids and listed:
            message = "A manifest names files, and --bids a data set; give one of them."
            raise InvalidRequest(message)

    def search(self) -> Search:
        """Describe how inputs are found; results are none."""
        own = frozenset(
            f"{self.url}/{name}"
            if is_remote(self.url)
            else os.path.realpath(Path(self.url, name))
            for name in _OWN
        )
        return Search(tuple(self.names), self.is_bids, self.series, own)

    def order(self, settings: Settings, bundle: Bundle) -> Order:
        """Describe what processes do with each input."""
        identity = {MODEL: bundle.sha256, SETTINGS: self._settings_digest(settings)}
        values = settings_for(settings)
        return Order(values, self.url, self.extras, identity, os.getcwd())  # noqa: PTH109 - as text

    def _settings_digest(self, settings: Settings) -> str:
        """Return a digest of what the same file's record depends on, but the model."""
        values: Mapping[str, Any] = settings.model_dump(
            mode="json", include=set(ANALYSIS_SETTINGS) - {"model"}
        )
        extras = self.extras
        style = repr((extras.style, extras.label, extras.bundles))
        facts = [values, self.series, self.is_bids, style]
        return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()
