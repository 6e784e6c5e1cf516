"""What the service works with, put together once."""

from dataclasses import dataclass

from alzer.backends.backend import Backend
from alzer.jobs import JobQueue
from alzer.model.engine import ModelIdentity
from alzer.settings import Settings
from alzer.store.records import Record
from alzer.store.store import Store
from alzer.web.admission import AdmissionControl
from alzer.web.answers import refer_to_files
from alzer.web.head_schemas import HeadFields
from alzer.web.metrics import Metrics
from alzer.web.schemas import Prediction
from alzer.web.signing import Signer
from alzer.web.throttle import Throttle
from alzer.web.urls import ANALYSES_PATH, HEATMAPS_PATH


@dataclass(frozen=True)
class Service:
    """What the addresses need.

    Attributes:
        backend: What computes answers.
        settings: Limits, and the addresses the service goes by.
        store: What outlives a request.
        admission: Says who can't be served now.
        jobs: Analyses that nobody waits for.
        metrics: What is measured.
        signer: Signs addresses.
        throttle: Counts refused tokens.
    """

    backend: Backend
    settings: Settings
    store: Store
    admission: AdmissionControl
    jobs: JobQueue
    metrics: Metrics
    signer: Signer
    throttle: Throttle

    @property
    def model(self) -> ModelIdentity | None:
        """The model that is loaded, if known."""
        return self.backend.facts.identity

    def refer(self, answer: Prediction, record: Record, base: str) -> None:
        """Fill in the addresses of an answer's files.

        Args:
            answer: Changed.
            record: Names the files that are kept.
            base: Of the service.
        """
        if record.heatmap is not None:
            answer.heatmap_url = self.heatmap_url(base, record.heatmap)
        if isinstance(answer, HeadFields) and record.evidence is not None:
            refer_to_files(answer, f"{base}{ANALYSES_PATH}/{record.id}/files")

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
