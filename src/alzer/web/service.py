"""What the service works with, put together once."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from alzer.analysis import Analysis
from alzer.model.engine import ModelIdentity
from alzer.scans.slice import Slice
from alzer.settings import Settings
from alzer.store.store import Store
from alzer.web.admission import AdmissionControl
from alzer.web.metrics import Metrics
from alzer.web.signing import Signer
from alzer.web.throttle import Throttle
from alzer.web.urls import HEATMAPS_PATH
from alzer.web.workers import Workers


@dataclass(frozen=True)
class Engine:
    """What makes predictions.

    Attributes:
        analyse: From a file's bytes, or the slice in it, to what the model makes of
            it; raises UnusableScan. It is called in several threads at once.
        read: From a file's bytes to the slice in it; likewise. It may raise LargeFile.
        read_large: The same for those, one after the other; None: `read` reads all.
        needs_isolation: Whether another process does so for these bytes.
        model: What `/readyz` names as the model that is loaded, if it is known.
        timings_ms: Milliseconds per slice of the engines there are, by name, as
            `/readyz` names them; empty if they were not measured.
        class_mix: Share of each class that predictions are compared with, by name.
        start: Called when the service starts.
        stop: Called when it has ended.
    """

    analyse: Callable[[bytes | Slice], Analysis]
    read: Callable[[bytes], Slice]
    read_large: Callable[[bytes], Slice] | None = None
    needs_isolation: Callable[[bytes], bool] = lambda _: False
    model: ModelIdentity | None = None
    timings_ms: Mapping[str, float] = field(default_factory=dict)
    class_mix: Mapping[str, float] = field(default_factory=dict)
    start: Callable[[], None] = lambda: None
    stop: Callable[[], None] = lambda: None


@dataclass(frozen=True)
class Service:
    """What the addresses need.

    Attributes:
        engine: What makes predictions.
        settings: Limits, and the addresses the service goes by.
        store: What outlives a request.
        workers: The threads that do the work.
        admission: Says who can't be served now.
        metrics: What is measured.
        signer: Signs addresses.
        throttle: Counts refused tokens.
    """

    engine: Engine
    settings: Settings
    store: Store
    workers: Workers
    admission: AdmissionControl
    metrics: Metrics
    signer: Signer
    throttle: Throttle

    @property
    def model(self) -> ModelIdentity | None:
        """The model that is loaded, if known."""
        return self.engine.model

    def heatmap_url(self, base: str, name: str) -> str:
        """Return the address of a heatmap, signed where a token is needed.

        Args:
            base: Of the service.
            name: Of the heatmap's file.

        Returns:
            An absolute URL.
        """
        query = ""
        if self.settings.needs_token:
            query = self.signer.heatmap_query(name, self.settings.link_minutes)
        return f"{base}{HEATMAPS_PATH}/{name}{query}"
