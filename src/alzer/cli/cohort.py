"""Everything that one call of `alzer predict` analyses, and what it came to."""

from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Final

from alzer.analysis import BATCH_SIZE, Analysis, analyse_many
from alzer.cli import bids
from alzer.cli.exits import complain
from alzer.cli.further_files import FIELDS, NO_EXTRAS, Extras
from alzer.cli.inputs import Failure, Input, Skipped, failure_of, find_inputs
from alzer.cli.reading import Read, Whole
from alzer.cli.records import Record, describe, describe_failure
from alzer.cli.results import ResultsFolder
from alzer.cli.volume_records import NOT_ASKED, describe_person, keep_head
from alzer.cli.volumes import Head, Heads, Outcome
from alzer.errors import StorageUnavailable, UnusableScan
from alzer.model.engine import Model
from alzer.scans.slice import Slice

# A batch ends at this many pixels: the largest slices are analysed two by two, as
# each takes some 40 MB.
_MOST_PIXELS_AT_ONCE: Final = 4_000_000

# Kinds of files left out that are named; more would be no help.
_MOST_KINDS_TOLD: Final = 12


@dataclass
class Tally:
    """What a call has come to so far.

    Attributes:
        done: Inputs that have a record, those of earlier calls included.
        failures: Those of them that could not be analysed.
        lost: Why heatmaps could not be written, one sentence for each.
        skipped: Files of folders that are left out, by kind.
    """

    done: int = 0
    failures: int = 0
    lost: list[str] = field(default_factory=list)
    skipped: Skipped = field(default_factory=Skipped)


@dataclass(frozen=True)
class Finding:
    """How inputs are found.

    Attributes:
        is_bids: Whether folders are BIDS data sets.
        apart: Whether the DICOM series of one folder are inputs of their own.
    """

    is_bids: bool = False
    apart: bool = True


class Cohort:
    """Everything that one call analyses.

    Args:
        names: Files and folders as the call names them.
        folder: Where results go, if anywhere.
        finding: How inputs are found.
        extras: What more is written of each analysis.
    """

    def __init__(
        self,
        names: Sequence[str],
        folder: ResultsFolder | None,
        finding: Finding = Finding(),
        extras: Extras = NO_EXTRAS,
    ) -> None:
        self.folder = folder
        self._extras = extras
        self.tally = Tally()
        self._names = names
        self._finding = finding
        if folder:
            self.tally.done = folder.earlier.inputs.total()
            self.tally.failures = folder.earlier.failures

    def inputs(self, skipped: Skipped | None = None) -> Iterator[Input]:
        """Find the files that have no record yet.

        Args:
            skipped: Takes what is left out.

        Returns:
            The files.
        """
        if self._finding.is_bids:
            found = bids.find_participants(self._names, skipped)
        else:
            own = frozenset() if self.folder is None else self.folder.own
            apart = self._finding.apart
            found = find_inputs(self._names, own, skipped, apart=apart)
        return found if self.folder is None else self.folder.earlier.remaining(found)

    @property
    def complete(self) -> str:
        """What stays after a stop, in a sentence."""
        sentence = f"{self.tally.done} records are complete."
        if self.folder:
            sentence += " The same call with --resume goes on from there."
        return sentence

    @property
    def is_success(self) -> bool:
        """Whether every input has its answer, and its heatmap where there is one."""
        return not self.tally.failures and not self.tally.lost

    def begin(self, model: Model) -> None:
        """Write down what is about to be done.

        Args:
            model: What answers.

        Raises:
            InvalidRequest: If the folder's earlier records are of another model.
        """
        if self.folder:
            self.folder.check_model(model.identity)
            self.folder.summarise(model.identity, {"complete": False})
            self.folder.save_legend(self._extras.legend())

    def end(self, model: Model) -> None:
        """Report what a person must know of the whole, and write it down.

        Args:
            model: What has answered.
        """
        tally = self.tally
        if self.folder:
            facts = {
                "complete": True,
                "inputs": tally.done,
                "failed": tally.failures,
                "heatmaps_not_written": len(tally.lost),
                "left_out": dict(sorted(tally.skipped.items())),
            }
            self.folder.summarise(model.identity, facts)
            complain(f"Records and heatmaps are in {self.folder.path}.")
        if tally.lost:
            complain(f"{len(tally.lost)} heatmaps are missing. {tally.lost[0]}")
        if tally.skipped:
            complain(_left_out(tally.skipped))

    def records(
        self, reads: Iterator[Read], model: Model, heads: Heads
    ) -> Iterator[Record]:
        """Analyse slices a batch at a time, so that memory does not grow.

        Args:
            reads: The files, as they were read.
            model: What answers for slices.
            heads: What answers for whole heads.

        Yields:
            One record per input, in their order.
        """
        begun: deque[tuple[Read, Future[Outcome]]] = deque()
        for batch in _batches(reads):
            first = batch[0]
            if isinstance(first.outcome, Whole):
                begun.append((first, heads.begin(first)))
                while len(begun) >= heads.work.at_once:
                    yield from self._finish(*begun.popleft(), model)
            else:
                while begun:
                    yield from self._finish(*begun.popleft(), model)
                yield from self._slices(batch, model)
        while begun:
            yield from self._finish(*begun.popleft(), model)

    def _slices(self, batch: Sequence[Read], model: Model) -> Iterator[Record]:
        scans = (read.outcome for read in batch if isinstance(read.outcome, Slice))
        answers = analyse_many(scans, model)
        for read in batch:
            name = read.input.name
            if isinstance(read.outcome, Failure):
                record = describe_failure(name, read.outcome)
            else:
                record = self._record(read.input, next(answers))
            yield {**record, **describe_person(read.input)}

    def _record(self, scan: Input, answer: Analysis | UnusableScan) -> Record:
        if isinstance(answer, UnusableScan):
            return describe_failure(scan.name, failure_of(answer))
        heatmap, reason = self._keep(scan.name, answer)
        extras = self._keep_extras(scan, answer)
        return {**describe(scan.name, answer, heatmap, reason), **extras}

    def _finish(
        self, read: Read, future: Future[Outcome], model: Model
    ) -> Iterator[Record]:
        """Wait for a whole head, and keep what came of it."""
        outcome = future.result()
        if isinstance(outcome, Head):
            lost = self.tally.lost
            yield keep_head(read.input, outcome, self.folder, lost, self._extras)
            return
        for batch in _batches(outcome):
            yield from self._slices(batch, model)

    def _keep(self, name: str, analysis: Analysis) -> tuple[str | None, str | None]:
        """Save the heatmap; the prediction comes without one, too."""
        if analysis.overlay_png is None:
            return None, analysis.no_heatmap_reason
        if self.folder is None:
            return None, NOT_ASKED
        try:
            reliable = analysis.reliable is not False
            png = analysis.overlay_png
            return self.folder.save_heatmap(name, png, reliable=reliable), None
        except StorageUnavailable as error:
            self.tally.lost.append(error.message)
            return None, error.message

    def _keep_extras(self, scan: Input, analysis: Analysis) -> Record:
        """Save what more is asked for: paths by field of the record."""
        if self.folder is None:
            return {}
        paths: dict[str, str | None] = {
            FIELDS[what]: None for what in self._extras.names
        }
        reliable = analysis.reliable is not False
        try:
            for what, content in self._extras.files(analysis, scan).items():
                path = self.folder.save_extra(
                    what, scan.name, content, reliable=reliable
                )
                paths[FIELDS[what]] = path
        except StorageUnavailable as error:
            self.tally.lost.append(error.message)
        return paths


def _batches(reads: Iterator[Read]) -> Iterator[list[Read]]:
    """Yield slices together, and what is more than one slice by itself."""
    batch: list[Read] = []
    pixels = 0
    for read in reads:
        if isinstance(read.outcome, Whole):
            if batch:
                yield batch
            yield [read]
            batch, pixels = [], 0
            continue
        batch.append(read)
        pixels += read.outcome.pixels.size if isinstance(read.outcome, Slice) else 0
        if len(batch) == BATCH_SIZE or pixels >= _MOST_PIXELS_AT_ONCE:
            yield batch
            batch, pixels = [], 0
    if batch:
        yield batch


def _left_out(skipped: Skipped) -> str:
    kinds = [f"{count} x {kind}" for kind, count in skipped.most_common()]
    told = ", ".join(kinds[:_MOST_KINDS_TOLD])
    more = "" if len(kinds) <= _MOST_KINDS_TOLD else ", and more kinds"
    return (
        f"Left out of the folders: {told}{more}. A file that the call itself names is "
        "always tried, whatever its name."
    )
