"""From an analysis to its answer: kept with its files before anybody is told."""

import io
import uuid
import zipfile
from contextlib import suppress
from dataclasses import dataclass, field, replace
from hashlib import sha256

from alzer import __version__
from alzer.analysis import Analysis
from alzer.analysis_bundle import describe_analysis, digests_of
from alzer.analysis_evidence import evidence_of
from alzer.errors import StorageUnavailable
from alzer.explain.kept_evidence import pack_evidence
from alzer.model.engine import ModelIdentity
from alzer.person_evidence import head_files
from alzer.scans.reading import File
from alzer.store.audit import AuditEntry
from alzer.store.kinds import Kind
from alzer.store.records import Record
from alzer.store.store import Store
from alzer.web.answers import describe
from alzer.web.callers import Caller
from alzer.web.documents import to_document
from alzer.web.schemas import Prediction
from alzer.web.service import Service


@dataclass(frozen=True)
class Submission:
    """What somebody sent, by which request.

    Attributes:
        files: All of it.
        caller: To whom the analysis belongs.
        request_id: For the audit log.
        analysis_id: What the analysis will be called.
        series: Which of several series in the files was meant.
        reference: What people call the analysis by, if they said so.
    """

    files: tuple[File, ...]
    caller: Caller
    request_id: str
    analysis_id: str = field(default_factory=lambda: str(uuid.uuid4()))
    series: str | None = None
    reference: str | None = None

    def content(self, model: ModelIdentity) -> str:
        """Return a digest of what is analysed, and by what; no name goes into it."""
        digests = sorted(sha256(file.content).digest() for file in self.files)
        by = f"{__version__} {model.sha256} {self.series or ''}"
        return sha256(by.encode() + b"".join(digests)).hexdigest()


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
        self, analysis: Analysis, submission: Submission
    ) -> tuple[Prediction, Record]:
        """Keep an analysis with its heatmap and evidence.

        Args:
            analysis: What was found.
            submission: In what, and by whom it was sent.

        Returns:
            The answer, without addresses, and its record, which names its files; the
            answer says why there is no heatmap, if there is none.

        Raises:
            StorageUnavailable: It can't be kept; nothing is left behind.
        """
        heatmap, reason = self._write(Kind.HEATMAP, analysis.overlay_png)
        packed = self._pack(analysis, submission)
        evidence, _ = self._write(Kind.EVIDENCE, packed)
        reason = reason or analysis.no_heatmap_reason
        answer = describe(analysis, submission.analysis_id, reason)
        record = Record(
            id=answer.analysis_id,
            owner=submission.caller.owner,
            prediction=answer.prediction,
            reliable=answer.reliable,
            has_warnings=bool(answer.warnings),
            answer=to_document(answer),
            heatmap=heatmap,
            evidence=evidence,
            content=self._digest(submission),
            reference=submission.reference,
        )
        kept = self._keep(record, answer, submission)
        self.service.metrics.count(analysis)
        return answer, kept

    def find_same(self, submission: Submission) -> Record | None:
        """Find an earlier analysis of the same files, if the settings allow it.

        Args:
            submission: What somebody sent.

        Returns:
            The record of their newest one by the same model, or None; also where
            that is called by another reference than is asked for now.
        """
        content = self._digest(submission)
        if content is None:
            return None
        found = self._store.records.find_same(content, submission.caller.owner)
        if found is not None and submission.reference not in {None, found.reference}:
            return None
        if found is not None:
            actor, request_id = submission.caller.actor, submission.request_id
            entry = AuditEntry(actor, "viewed", found.id, request_id)
            self._store.records.audit(entry)
        return found

    def _digest(self, submission: Submission) -> str | None:
        model = self.service.model
        if model is None or not self.service.settings.reuse_answers:
            return None
        return submission.content(model)

    def _pack(self, analysis: Analysis, submission: Submission) -> bytes | None:
        if analysis.evidence is None or not self.service.settings.keep_evidence:
            return None
        files = head_files(analysis) if analysis.kind == "volume" else {}
        digests = digests_of(file.content for file in submission.files)
        manifest = describe_analysis(analysis, digests)
        kept = replace(evidence_of(analysis), files=files, manifest=manifest)
        return pack_evidence(kept)

    def _write(
        self, kind: Kind, content: bytes | None
    ) -> tuple[str | None, str | None]:
        """Write what an answer can do without: its name, or why it has none."""
        if content is None:
            return None, None
        try:
            return self._store.files.write(kind, content), None
        except StorageUnavailable as error:
            return None, error.message

    def _keep(
        self, record: Record, answer: Prediction, submission: Submission
    ) -> Record:
        """Keep the record while its files settle: several waits for the disk at a time.

        Returns:
            The record as it is kept: without what the disk did not take.
        """
        files = self._store.files
        syncing = [
            (kind, files.fsync(kind, name)) for kind, name in record.files if name
        ]
        self._add(record, submission)
        failures: dict[Kind, str] = {}
        for kind, waiting in syncing:
            try:
                waiting.result()
            except StorageUnavailable as error:
                failures[kind] = error.message
        return self._give_up(record, answer, failures) if failures else record

    def _give_up(
        self, record: Record, answer: Prediction, failures: dict[Kind, str]
    ) -> Record:
        """Keep a record on without the files that failed."""
        if Kind.HEATMAP in failures:
            answer.heatmap_missing_reason = failures[Kind.HEATMAP]
        document = to_document(answer)
        kept = replace(
            record,
            answer=document,
            heatmap=None if Kind.HEATMAP in failures else record.heatmap,
            evidence=None if Kind.EVIDENCE in failures else record.evidence,
        )
        changed = {"heatmap": kept.heatmap, "evidence": kept.evidence}
        self._store.records.change(record.id, {**changed, "answer": document})
        with suppress(StorageUnavailable):  # else the next sweep does it
            lost = [pair for pair in record.files if pair[0] in failures]
            self._store.files.remove_all(*lost)
        return kept

    def _add(self, record: Record, submission: Submission) -> None:
        store, original = self._store, None
        try:
            if self.service.settings.keep_originals:
                original = store.files.save(Kind.ORIGINAL, _as_one(submission.files))
            now = store.clock.now()
            entry = AuditEntry(
                submission.caller.actor, "analysed", record.id, submission.request_id
            )
            store.records.add(replace(record, original=original, created_at=now), entry)
        except StorageUnavailable:
            self._remove_files(replace(record, original=original))
            raise

    def _remove_files(self, record: Record) -> None:
        """Remove the files of an analysis whose record could not be kept."""
        store = self._store
        with suppress(StorageUnavailable):  # else the next sweep does it
            # A server that fell silent may have kept the record all the same.
            if store.database.is_sqlite or not store.records.find(record.id):
                store.files.remove_all(*record.files)


def _as_one(files: tuple[File, ...]) -> bytes:
    """Return several files as an archive in which nothing has its name."""
    if len(files) == 1:
        return files[0].content
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as entries:
        for number, file in enumerate(files, start=1):
            entries.writestr(f"{number:04}", file.content)
    return archive.getvalue()
