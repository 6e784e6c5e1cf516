"""From an analysis to its answer: kept with its files before anybody is told."""

import uuid
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from alzer.analysis import Analysis
from alzer.errors import StorageUnavailable
from alzer.store.audit import AuditEntry
from alzer.store.kinds import Kind
from alzer.store.records import Record
from alzer.store.store import Store
from alzer.web.callers import Caller
from alzer.web.schemas import Prediction, describe
from alzer.web.service import Service


@dataclass(frozen=True)
class Sender:
    """Who sent a scan, by which request.

    Attributes:
        caller: To whom the analysis belongs.
        request_id: For the audit log.
    """

    caller: Caller
    request_id: str


@dataclass(frozen=True)
class Recorder:
    """Keeps analyses; waits for disks, and so works in threads.

    Attributes:
        service: Its store and settings.
    """

    service: Service

    @property
    def _store(self) -> Store:
        return self.service.store

    def record(
        self, analysis: Analysis, files: tuple[bytes, ...], sender: Sender
    ) -> tuple[Prediction, str | None]:
        """Keep an analysis with its heatmap.

        Args:
            analysis: What was found.
            files: What was sent.
            sender: By whom.

        Returns:
            The answer, without addresses, and the heatmap's name; None if there is
            none, and the answer says why.

        Raises:
            StorageUnavailable: It can't be kept; nothing is left behind.
        """
        name, reason = self._write_heatmap(analysis)
        answer = describe(analysis, str(uuid.uuid4()), reason)
        name = self._keep(answer, name, files, sender)
        self.service.metrics.count(analysis)
        return answer, name

    def _write_heatmap(self, analysis: Analysis) -> tuple[str | None, str | None]:
        if analysis.overlay_png is None:
            return None, analysis.no_heatmap_reason
        try:
            return self._store.files.write(Kind.HEATMAP, analysis.overlay_png), None
        except StorageUnavailable as error:
            return None, error.message

    def _keep(
        self,
        answer: Prediction,
        heatmap: str | None,
        files: tuple[bytes, ...],
        sender: Sender,
    ) -> str | None:
        """Keep the record while its heatmap settles: two waits for the disk at a time.

        Returns:
            The heatmap's name; None if the disk did not take it.
        """
        if heatmap is None:
            self._keep_record(answer, None, files, sender)
            return None
        store = self._store
        syncing = store.files.fsync(Kind.HEATMAP, heatmap)
        self._keep_record(answer, heatmap, files, sender)
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
        self,
        answer: Prediction,
        heatmap: str | None,
        files: tuple[bytes, ...],
        sender: Sender,
    ) -> None:
        store, caller, key = self._store, sender.caller, answer.analysis_id
        original = None
        try:
            if self.service.settings.keep_originals:
                original = store.files.save(Kind.ORIGINAL, files[0])
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
            entry = AuditEntry(caller.actor, "analysed", key, sender.request_id)
            store.records.add(record, entry)
        except StorageUnavailable:
            self._remove_files(key, heatmap, original)
            raise

    def _remove_files(
        self, key: str, heatmap: str | None, original: str | None
    ) -> None:
        """Remove the files of an analysis whose record could not be kept."""
        store = self._store
        with suppress(StorageUnavailable):  # else the next sweep does it
            # A server that fell silent may have kept the record all the same.
            if store.database.is_sqlite or not store.records.find(key):
                files = (Kind.HEATMAP, heatmap), (Kind.ORIGINAL, original)
                store.files.remove_all(*files)


def _document(answer: Prediction) -> dict[str, Any]:
    """Return what is kept of an answer: not the addresses, which change."""
    return answer.model_dump(exclude={"heatmap_url", "layers"})
