"""What programs call: predictions, previews, heatmaps, health."""

import time
import uuid
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Annotated, Any, Final

from anyio import Lock, to_thread
from fastapi import Query, Request, Response
from starlette.exceptions import HTTPException

from alzer.analysis import Analysis
from alzer.errors import StorageUnavailable, UnusableScan
from alzer.explain.overlay import encode_png, is_whole
from alzer.scans.orientation import picture_of
from alzer.scans.slice import Slice
from alzer.store.audit import AuditEntry
from alzer.store.kinds import Kind
from alzer.store.records import Record
from alzer.web.accounts import account_of
from alzer.web.callers import Caller, caller_of
from alzer.web.schemas import (
    Health,
    Prediction,
    Readiness,
    describe,
    describe_model,
    draw_layers,
)
from alzer.web.service import Service
from alzer.web.uploads import read_file_part
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
    ) -> Response:
        """Predict the degree of impairment of one scan, with a Grad-CAM heatmap.

        Show people the headline of the answer. Where the answer is not reliable, it
        is 'No reliable answer', with the reason beside it; class, probabilities and
        heatmap come all the same, and say nothing about the person then.

        The analysis is kept, heatmap and all, before it is answered. The heatmap
        shows what influenced the model, not where disease is.
        """
        order = _Order(
            base_url(request, self.service.settings),
            caller_of(request),
            request.state.request_id,
            layers=layers,
        )
        return await self._with_file(request, partial(self._predict, order))

    async def preview(self, request: Request) -> Response:
        """Show one scan as it was read, as a PNG; nothing is analysed or kept."""
        return await self._with_file(request, self._preview)

    async def _with_file(
        self, request: Request, work: Callable[["_Upload"], Response]
    ) -> Response:
        service, engine, owner = self.service, self.service.engine, account_of(request)
        service.admission.remember(request, owner)
        upload = _Upload(await read_file_part(request, service.settings))
        workers = service.workers
        isolated = engine.needs_isolation(upload.data)
        try:
            with workers.place(owner, isolated=isolated):
                if isolated:
                    read, large = (
                        partial(self._read, upload, work, reader)
                        for reader in (engine.read, engine.read_large or engine.read)
                    )
                    return await workers.read_and_run_for(request, owner, read, large)
                return await workers.run_for(request, owner, partial(work, upload))
        except UnusableScan as refusal:
            service.metrics.refusals.labels(refusal.code).inc()
            raise

    def _read(
        self,
        upload: "_Upload",
        work: Callable[["_Upload"], Response],
        reader: Callable[[bytes], Slice],
    ) -> Callable[[], Response]:
        started = time.perf_counter()
        scan = reader(upload.data)
        spent_ms = (time.perf_counter() - started) * 1000.0
        return partial(work, _Upload(upload.data, scan, spent_ms))

    def _analyse(self, upload: "_Upload") -> Analysis:
        if upload.scan is None:
            return self.service.engine.analyse(upload.data)
        analysis = self.service.engine.analyse(upload.scan)
        timings = dict(analysis.timings_ms)
        for stage in ("read", "total"):
            timings[stage] += upload.read_ms
        return replace(analysis, timings_ms=timings)

    def _predict(self, order: "_Order", upload: "_Upload") -> Response:
        analysis = self._analyse(upload)
        name, reason = self._write_heatmap(analysis)
        answer = describe(analysis, str(uuid.uuid4()), reason)
        name = self._keep(answer, name, upload.data, order)
        self.service.metrics.count(analysis)
        if name is not None:
            answer.heatmap_url = self.service.heatmap_url(order.base, name)
        if order.layers:
            answer.layers = draw_layers(analysis)
        unasked = set() if order.layers else {"layers"}
        body = answer.model_dump_json(exclude=unasked).encode()
        return _unstored(body, "application/json")

    def _write_heatmap(self, analysis: Analysis) -> tuple[str | None, str | None]:
        if analysis.overlay_png is None:
            return None, analysis.no_heatmap_reason
        files = self.service.store.files
        try:
            return files.write(Kind.HEATMAP, analysis.overlay_png), None
        except StorageUnavailable as error:
            return None, error.message

    def _keep(
        self, answer: Prediction, heatmap: str | None, data: bytes, order: "_Order"
    ) -> str | None:
        """Keep the record while its heatmap settles: two waits for the disk at a time.

        Returns:
            The heatmap's name; None if the disk did not take it.
        """
        if heatmap is None:
            self._keep_record(answer, None, data, order)
            return None
        store = self.service.store
        syncing = store.files.fsync(Kind.HEATMAP, heatmap)
        self._keep_record(answer, heatmap, data, order)
        try:
            syncing.result()
        except StorageUnavailable as error:
            answer.heatmap_missing_reason = error.message
            store.records.clear_heatmap(answer.analysis_id, _document(answer))
            with suppress(StorageUnavailable):  # else the next sweep does it
                store.files.remove(Kind.HEATMAP, heatmap)
            return None
        return heatmap

    def _keep_record(
        self, answer: Prediction, heatmap: str | None, data: bytes, order: "_Order"
    ) -> None:
        store, caller, key = self.service.store, order.caller, answer.analysis_id
        original = None
        try:
            if self.service.settings.keep_originals:
                original = store.files.save(Kind.ORIGINAL, data)
            record = Record(
                id=key,
                owner=caller.owner,
                prediction=answer.prediction,
                reliable=answer.reliable,
                has_warnings=bool(answer.warnings),
                answer=_document(answer),
                heatmap=heatmap,
                original=original,
                created_at=store.clock.now(),
            )
            entry = AuditEntry(caller.actor, "analysed", key, order.request_id)
            store.records.add(record, entry)
        except StorageUnavailable:
            self._remove_files(key, heatmap, original)
            raise

    def _remove_files(
        self, key: str, heatmap: str | None, original: str | None
    ) -> None:
        """Remove the files of an analysis whose record could not be kept."""
        store = self.service.store
        with suppress(StorageUnavailable):  # else the next sweep does it
            # A server that fell silent may have kept the record all the same.
            if store.database.is_sqlite or not store.records.find(key):
                files = (Kind.HEATMAP, heatmap), (Kind.ORIGINAL, original)
                store.files.remove_all(*files)

    def _preview(self, upload: "_Upload") -> Response:
        scan = upload.scan or self.service.engine.read(upload.data)
        return _unstored(encode_png(picture_of(scan)), "image/png")

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
        engine = self.service.engine
        return Readiness(
            model=describe_model(engine.model),
            engine_timings_ms=dict(engine.timings_ms),
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


@dataclass(frozen=True)
class _Upload:
    """A file that was sent, and the slice in it if that has been read."""

    data: bytes
    scan: Slice | None = None
    read_ms: float = 0.0


@dataclass(frozen=True)
class _Order:
    """Who asks for a prediction, and how the answer is wanted."""

    base: str
    caller: Caller
    request_id: str
    layers: bool


def _document(answer: Prediction) -> dict[str, Any]:
    """Return what is kept of an answer: not the addresses, which change."""
    return answer.model_dump(exclude={"heatmap_url", "layers"})


def _unstored(body: bytes, media_type: str) -> Response:
    """Answer with what belongs to one person, so that no cache keeps it."""
    return Response(body, 200, {"Cache-Control": "no-store"}, media_type)
