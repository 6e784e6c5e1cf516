"""What programs call: predictions, previews, heatmaps, health."""

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Annotated, Final

from anyio import Lock, to_thread
from fastapi import Depends, Query, Request, Response
from starlette.exceptions import HTTPException

from alzer.analysis import Analysis
from alzer.backends.backend import Order
from alzer.errors import StorageUnavailable, UnusableScan
from alzer.explain.overlay import encode_png, is_whole
from alzer.scans.middle import middle_slice
from alzer.scans.orientation import picture_of
from alzer.scans.slice import Slice
from alzer.scans.volume import Volume
from alzer.store.kinds import Kind
from alzer.store.records import Record
from alzer.web.accounts import account_of
from alzer.web.answers import draw_layers
from alzer.web.callers import caller_of, until_disconnected
from alzer.web.documents import recall
from alzer.web.jobs import VARY, JobAddresses, prefers_no_wait
from alzer.web.map_choices import AnswerMap
from alzer.web.recording import Recorder, Submission
from alzer.web.schemas import Health, Readiness, describe_model
from alzer.web.service import Service
from alzer.web.uploads import Upload, read_upload
from alzer.web.urls import base_url

# Analyses belong to one person: no shared cache keeps them. A front end on
# another origin may show the picture; its name alone gives access to it.
_HEATMAP_HEADERS: Final = {
    "Cache-Control": "private, max-age=3600, immutable",
    "Cross-Origin-Resource-Policy": "cross-origin",
}

# Probes come from everywhere, and each of them would write to the disk.
_READY_FOR_S: Final = 1.0


@dataclass
class Api:
    """What each of the addresses answers.

    Attributes:
        service: What they work with.
    """

    service: Service
    _readiness: tuple[float, StorageUnavailable | None] = field(
        default=(0.0, None), init=False
    )
    _checking: Lock = field(default_factory=Lock, init=False)

    async def predict(
        self,
        request: Request,
        *,
        layers: Annotated[
            bool, Query(description="Add the scan and the heat as two pictures.")
        ] = False,
        choice: Annotated[AnswerMap, Depends()],
    ) -> Response:
        """Predict the degree of impairment of one scan, with a Grad-CAM heatmap.

        Show people the headline of the answer. Where the answer is not reliable, it
        is 'No reliable answer', with the reason beside it; class, probabilities and
        heatmap come all the same, and say nothing about the person then.

        With the header `Prefer: respond-async` the answer is 202, and a job that says
        how far the analysis is. Otherwise it is waited for.

        With `map` the answer has one more picture, among its `layers`: a map of what
        the answer rests on, drawn as `palette` and the others say.

        The analysis is kept, heatmap and all, before it is answered. The heatmap
        shows what influenced the model, not where disease is.
        """
        base, style = base_url(request, self.service.settings), choice.style
        layers = layers or style is not None
        upload = await self._read(request)
        order = self.order(request, upload)
        sent = Submission(
            upload.files,
            caller_of(request),
            request.state.request_id,
            series=upload.series,
            reference=upload.reference,
        )
        if self.service.settings.reuse_answers and not layers:
            found = await to_thread.run_sync(self.recorder.find_same, sent)
            if found is not None:
                return self._answer_again(found, base)

        if prefers_no_wait(request):
            return await JobAddresses(self.service).accept(request, order, sent)

        def finish(analysis: Analysis) -> Response:
            answer, record = self.recorder.record(analysis, sent)
            self.service.refer(answer, record, base)
            if layers:
                answer.layers = draw_layers(analysis, style, choice.label)
            unasked = set() if layers else {"layers"}
            body = answer.model_dump_json(exclude=unasked).encode()
            return _unstored(body, "application/json", VARY)

        with self.counting_refusals():
            return await self.service.backend.analyse(order, finish)

    def _answer_again(self, record: Record, base: str) -> Response:
        answer = recall(record.answer)
        self.service.refer(answer, record, base)
        body = answer.model_dump_json(exclude={"layers"}).encode()
        return _unstored(body, "application/json", VARY)

    async def preview(self, request: Request) -> Response:
        """Show one scan as it was read, as a PNG; nothing is analysed or kept."""
        order = self.order(request, await self._read(request))
        with self.counting_refusals():
            return await self.service.backend.read(order, _show)

    async def _read(self, request: Request) -> Upload:
        self.service.admission.remember(request, account_of(request))
        return await read_upload(request, self.service.settings)

    def order(self, request: Request, upload: Upload) -> Order:
        """Return an upload as a backend takes it, on the account of who sent it."""
        owner, gone = account_of(request), partial(until_disconnected, request)
        return Order(files=upload.files, series=upload.series, owner=owner, gone=gone)

    @contextmanager
    def counting_refusals(self) -> Iterator[None]:
        """Count scans that can't be used.

        Yields:
            Nothing; what is refused within is counted.

        Raises:
            UnusableScan: What is refused within.
        """
        try:
            yield
        except UnusableScan as refusal:
            self.service.metrics.refusals.labels(refusal.code).inc()
            raise

    @property
    def recorder(self) -> Recorder:
        """Keeps what was found."""
        return Recorder(self.service)

    def heatmap(self, request: Request, name: str) -> Response:
        """Return a heatmap by the name that a prediction named.

        Where a token is needed, the address of the prediction is good for some
        time; later, those who may see the analysis can use its name.

        Raises:
            HTTPException: If there is none of that name.
        """
        owner, store = caller_of(request).owner, self.service.store
        is_theirs = owner is None or store.records.owns_heatmap(owner, name)
        content = store.files.read(Kind.HEATMAP, name) if is_theirs else None
        # Only a power failure before the answer leaves one that is not whole.
        if content is None or not is_whole(content):
            raise HTTPException(404)
        return Response(content, 200, _HEATMAP_HEADERS, "image/png")

    async def healthz(self) -> Health:
        """Answer that the process runs."""
        return Health()

    async def readyz(self) -> Readiness:
        """Answer whether predictions can be made and kept, and by which model.

        Raises:
            StorageUnavailable: They could not be kept.
        """
        async with self._checking:  # one at a time, whoever asks
            until, failure = self._readiness
            if time.monotonic() > until:
                failure = await to_thread.run_sync(self._check)
                self._readiness = time.monotonic() + _READY_FOR_S, failure
        if failure is not None:
            raise failure
        facts = self.service.backend.facts
        return Readiness(
            model=describe_model(facts.identity),
            engine_timings_ms=dict(facts.timings_ms),
        )

    def _check(self) -> StorageUnavailable | None:
        try:
            self.service.store.database.check()
            self.service.store.files.check()
        except StorageUnavailable as failure:
            return failure
        return None

    def metrics(self) -> Response:
        """Return figures in Prometheus' text format."""
        kind = "text/plain; version=0.0.4; charset=utf-8"
        return _unstored(self.service.metrics.write(), kind)


def _show(scan: Slice | Volume) -> Response:
    if isinstance(scan, Volume):
        scan = middle_slice(scan)
    return _unstored(encode_png(picture_of(scan)), "image/png")


def _unstored(
    body: bytes, media_type: str, headers: Mapping[str, str] | None = None
) -> Response:
    """Answer with what belongs to one person, so that no cache keeps it."""
    unstored = {"Cache-Control": "no-store", **(headers or {})}
    return Response(body, 200, unstored, media_type)
