"""Each image of a data set on its own: what `alzer bids ... participant` does."""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from alzer import __version__
from alzer.cli import bids
from alzer.cli.bids_app.derived import FILES_LOST, DerivedDataSet
from alzer.cli.bids_app.run_log import RunLog
from alzer.cli.bids_app.selection import Selection
from alzer.cli.cohort import Cohort
from alzer.cli.display import Display, Screen
from alzer.cli.exits import apart, complain
from alzer.cli.further_files import Extras
from alzer.cli.inputs import Input, Skipped
from alzer.cli.memory import heads_at_once
from alzer.cli.reading import Reader
from alzer.cli.records import Format, Record
from alzer.cli.volumes import Heads, Work
from alzer.errors import InvalidRequest
from alzer.model.bundle import read_card, shipped_bundle
from alzer.settings import Settings
from alzer.wiring import start_model

_CHUNK_BYTES: Final = 2**20


@dataclass(frozen=True)
class ParticipantLevel:
    """Analyses the images of a data set that have no result yet.

    Attributes:
        data_set: Its folder.
        selection: Which images are wanted.
        output: Where results go.
        settings: Model, engine, threads and limits.
        available_bytes: Memory that may be taken; None if that is not known.
    """

    data_set: Path
    selection: Selection
    output: DerivedDataSet
    settings: Settings
    available_bytes: int | None

    def run(self, log: RunLog) -> bool:
        """Analyse.

        Args:
            log: Takes what comes of it.

        Returns:
            Whether every image has its answer, and all files were written.

        Raises:
            InvalidRequest: No image is wanted.
            UnusableModel: The model can't be loaded.
            StorageUnavailable: Results can't be written.
        """
        skipped = Skipped()
        images = list(self._wanted(skipped))
        if skipped:
            complain(f"{skipped.total()} further T1w images of sessions are left out.")
        work = _Pending(images, self.output, self._model_digest())
        self.output.images.update({image.name: image for image in work.images})
        log.count("images", len(images))
        log.count("done_before", len(images) - len(work.images))
        if done := len(images) - len(work.images):
            complain(f"{done} of {len(images)} images have a result already.")
        return self._analyse(work, log) if work.images else True

    def _wanted(self, skipped: Skipped) -> Iterator[Input]:
        """Find the images.

        Raises:
            InvalidRequest: There is none, or a participant that is named is not there.
        """
        for label in sorted(self.selection.participants):
            if not (self.data_set / f"sub-{label}").is_dir():
                message = (
                    "A participant that is named is not in the data set. Compare "
                    "--participant-label with the folders sub-*."
                )
                raise InvalidRequest(message)
        accepts = self.selection.accepts
        found = bids.find_participants([str(self.data_set)], skipped, accepts)
        for image in found:
            if image.failure is not None:
                message = (
                    "No T1-weighted image of the data set is wanted: there is none in "
                    "sub-*/[ses-*/]anat, or labels and filters leave out all of them."
                )
                raise InvalidRequest(message)
            yield image

    def _model_digest(self) -> str:
        card = read_card(self.settings.model or shipped_bundle())
        return str(card.get("model_sha256"))

    def _analyse(self, work: "_Pending", log: RunLog) -> bool:
        model = apart(lambda: start_model(self.settings))
        log.model = model.identity
        cohort = Cohort([], self.output, extras=Extras(planes=True))
        display = Display(lambda: work.images)
        settings = self.settings
        with Reader(settings.limits, settings.decoding) as reader:
            reads = reader.read(work.images)
            with Heads(reader, model, self._work(), display.tell) as heads:
                records = cohort.records(reads, model, heads)
                self._keep(records, cohort.tally.lost, work, display, log)
        for reason in sorted(set(cohort.tally.lost)):
            complain(reason)
        log.count("files_not_written", len(cohort.tally.lost))
        return not log.counts["failed"] and not cohort.tally.lost

    def _work(self) -> Work:
        at_once = heads_at_once(self.available_bytes)
        return Work(
            None, keeps_files=True, at_once=at_once, data_dir=self.settings.data_dir
        )

    def _keep(
        self,
        records: Iterator[Record],
        lost: Sequence[str],
        work: "_Pending",
        display: Display,
        log: RunLog,
    ) -> None:
        images = {image.name: image for image in work.images}
        lost_before = 0
        with display, Screen(Format.table) as screen:
            for record in records:
                image = images[record["input"]]
                told = {**self.output.localise(record), **work.origin(image)}
                if len(lost) > lost_before:
                    lost_before, told[FILES_LOST] = len(lost), True
                self.output.keep(image, told)
                screen.add({**told, "input": bids.source_of(image).rpartition(":")[2]})
                log.add(record)
                display.advance()


@dataclass
class _Pending:
    """The images that have no result of this model yet.

    Attributes:
        images: These.
    """

    images: list[Input]
    output: DerivedDataSet
    model_digest: str
    _digests: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.images = [image for image in self.images if not self._is_done(image)]

    def origin(self, image: Input) -> Mapping[str, Any]:
        """Return what a result was made of: fields of its record."""
        return {
            "input": bids.source_of(image),
            "source_sha256": self._digest(image),
            "software": {"alzer": __version__},
        }

    def _is_done(self, image: Input) -> bool:
        """Check whether there is an answer for this image, by this model and program.

        What failed, or lacks files, is tried again: the reason may be gone.
        """
        try:
            told = json.loads(self.output.record_path(image).read_text("utf-8"))
            return (
                "error" not in told
                and not told.get(FILES_LOST)
                and told["software"] == {"alzer": __version__}
                and told["model"]["sha256"] == self.model_digest
                and told["source_sha256"] == self._digest(image)
            )
        except (OSError, ValueError, TypeError, KeyError):
            return False  # none, or of another program

    def _digest(self, image: Input) -> str:
        """Return the SHA-256 of an image's file; empty if it can't be read."""
        if image.name not in self._digests:
            self._digests[image.name] = _digest_of(Path(image.name))
        return self._digests[image.name]


def _digest_of(path: Path) -> str:
    digest = hashlib.sha256()
    try:
        with path.open("rb") as file:
            while part := file.read(_CHUNK_BYTES):
                digest.update(part)
    except OSError:
        return ""
    return digest.hexdigest()
