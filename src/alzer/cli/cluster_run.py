"""One call that a cluster works on, from its inputs to its summary."""

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, Final

from alzer.cli import bids
from alzer.cli.cluster_call import ClusterCall
from alzer.cli.cluster_digests import DigestWorker
from alzer.cli.cluster_display import ClusterDisplay
from alzer.cli.cluster_order import Order
from alzer.cli.cluster_results import results_folder
from alzer.cli.cluster_tasks import Task, series_by_file, without_records
from alzer.cli.cluster_work import Answer, HeadWorker, SliceWorker
from alzer.cli.exits import complain
from alzer.cli.inputs import Input, Skipped
from alzer.cli.memory import available_bytes, head_processes
from alzer.cli.other_results import refuse_those_of_one_machine
from alzer.cli.places import Place, is_remote
from alzer.cli.records import Format, note
from alzer.cli.results import LEGEND, SUMMARY, Existing
from alzer.cli.shards import MODEL, RECORDS, SETTINGS, Ledger, Shards
from alzer.errors import ClusterUnavailable, InvalidRequest
from alzer.explain.overlay import draw_legend, encode_png
from alzer.model.bundle import Bundle

# Files are read ahead of their analysis, in batches; what the end of a process costs
# is one of them.
_SLICES_AT_ONCE: Final = 32
_DIGESTS_AT_ONCE: Final = 64


class ClusterRun:
    """One call, from its inputs to its summary.

    Args:
        call: What is asked for.
        order: What processes do with each input.
        bundle: The model.
        pools: The module that runs pools.
    """

    def __init__(
        self,
        call: ClusterCall,
        order: Order,
        bundle: Bundle,
        pools: Any,  # noqa: ANN401 - a module, loaded when it is needed
    ) -> None:
        self._call = call
        self._order = order
        self._bundle = bundle
        self._pools = pools
        self._place = Place(call.url)
        self._shards = Shards(self._place, call.format or Format.jsonl)
        self._ledger = Ledger()
        self._skipped: Skipped = Counter()
        self._lost: list[str] = []

    def open(self) -> None:
        """Look at the folder of results; nothing in it is changed.

        Raises:
            InvalidRequest: It holds results that the call would replace without
                saying so, or can't add to.
        """
        if not is_remote(self._call.url):
            refuse_those_of_one_machine(Path(self._call.url))
        if self._call.existing is Existing.OVERWRITE:
            return
        kinds = self._shards.kinds()
        if kinds and self._call.existing is Existing.REFUSE:
            message = (
                "The folder holds earlier results already. Choose another folder with "
                "--output, go on where they end with --resume, or replace them with "
                "--overwrite."
            )
            raise InvalidRequest(message)
        if kinds:
            self._go_on(kinds)

    def _go_on(self, kinds: frozenset[Format]) -> None:
        if self._call.format is None and len(kinds) == 1:
            (kind,) = kinds
            self._shards = Shards(self._place, kind)
        elif kinds != {self._call.format or Format.jsonl}:
            names = " and ".join(sorted(kinds))
            message = f"The earlier records are in {names}; say so with --format."
            raise InvalidRequest(message)
        self._ledger = self._shards.read()
        identity = self._order.identity
        if self._ledger.identities - {(identity[MODEL], identity[SETTINGS])}:
            message = (
                "The earlier records are of another model or of other settings. Go on "
                "with those, or choose another folder with --output."
            )
            raise InvalidRequest(message)

    def _begin(self) -> None:
        """Write what all results share; what is replaced is removed only now."""
        if self._call.existing is Existing.OVERWRITE:
            self._shards.clear()
        folder = results_folder(self._call.url)
        folder.write(folder.path / LEGEND, encode_png(draw_legend()))
        folder.save_legend(self._call.extras.legend())
        if self._call.is_bids:
            links: Mapping[str, object] = {}
            if not any(map(is_remote, (self._call.url, *self._call.names))):
                links = bids.links_to(self._call.names, Path(self._call.url))
            folder.write(folder.path / bids.DESCRIPTION, bids.description(links))
        self._summarise({"complete": False})

    def through(self, cores: int) -> bool:
        """Analyse what has no record yet.

        Args:
            cores: Of the cluster.

        Returns:
            Whether every input has its answer, and its heatmap where there is one.

        Raises:
            AlzerError: Nothing further can be analysed or written.
        """
        found = list(self._call.search().tasks(self._skipped))
        if self._call.is_bids:
            bids.refuse_shared_places(task.scan for task in found)
        self._begin()
        tasks = self._remaining(found, cores)
        try:
            with ClusterDisplay(len(tasks)) as display:
                self._analyse(tasks, cores, display)
        except BaseException:  # stopped by a signal, maybe
            complain(
                f"Stopped; {self._ledger.inputs.total()} records are complete. The "
                "same call with --resume goes on from there."
            )
            raise
        return self._end()

    def _remaining(self, found: Sequence[Task], cores: int) -> list[Task]:
        """Return what has no record of its present content."""
        if self._ledger.inputs:
            self._drop_changed(found, cores)
        return without_records(found, self._ledger.inputs)

    def _drop_changed(self, found: Sequence[Task], cores: int) -> None:
        """Remove the records of inputs whose content is another one by now."""
        known = self._ledger.digests
        # Series, the slices apart that files of one were, and what was named itself.
        tasks = {
            name: replace(task, scan=Input(name))
            for name, task in series_by_file(found).items()
            if name in known
        }
        tasks |= {task.scan.name: task for task in found if task.scan.name in known}
        pool = self._pools.Pool(
            partial(DigestWorker, self._order), cores, _DIGESTS_AT_ONCE, name="digests"
        )
        answers = self._pools.work(pool, [task.as_text() for task in tasks.values()])
        changed = {
            name for name, digest in map(json.loads, answers) if digest != known[name]
        }
        if changed:
            self._shards.drop(changed)
            self._ledger = self._shards.read()

    def _analyse(
        self, tasks: Sequence[Task], cores: int, display: ClusterDisplay
    ) -> None:
        slices = [task for task in tasks if not task.may_be_volume]
        heads = [task for task in tasks if task.may_be_volume]
        pending = Counter(task.as_text() for task in tasks)
        try:
            answers = self._answers(slices, heads, cores)
            found = list(self._keep(answers, pending, display))
            more = self._answers([], found, cores)
            list(self._keep(more, pending, display))
        finally:
            self._shards.write_all()
        if pending.total():
            message = "Some inputs have no record. The same call with --resume goes on."
            raise ClusterUnavailable(message)

    def _answers(
        self, slices: Sequence[Task], heads: Sequence[Task], cores: int
    ) -> Iterator[str]:
        """Have tasks worked on; slices and whole heads at the same time."""
        shared = bool(slices and heads)
        usual = max(1, cores // 2 if shared else cores)
        call, pool = self._call, self._pools.Pool
        make_slice, make_head = (
            partial(worker, self._order) for worker in (SliceWorker, HeadWorker)
        )
        usual_heads = usual
        if not is_remote(call.backend):  # of other machines nothing is known here
            slice_processes = call.slice_processes or usual if slices else 0
            usual_heads = head_processes(usual, slice_processes, available_bytes())
        most = call.slice_processes or usual, call.head_processes or usual_heads
        jobs = [
            (pool(make_slice, most[0], _SLICES_AT_ONCE, name="slices"), slices),
            (pool(make_head, most[1], name="heads"), heads),
        ]
        texts = [
            (pool, [task.as_text() for task in tasks]) for pool, tasks in jobs if tasks
        ]
        return iter(self._pools.work_together(texts, self._shards.write_due))

    def _keep(
        self, answers: Iterator[str], pending: Counter[str], display: ClusterDisplay
    ) -> Iterator[Task]:
        """Write down what has been answered.

        Args:
            answers: As processes give them.
            pending: What has no record yet, by its text; the answered is taken out.
            display: Shows how far it has come.

        Yields:
            What turned out to be whole heads, and has no answer yet.
        """
        for text in answers:
            answer = Answer.from_text(text)
            key = answer.task.as_text()
            if not answer.records:
                yield answer.task
            elif pending[key] > 0:
                pending[key] -= 1
                self._record(answer)
                display.advance(sum("error" in one for one in answer.records))

    def _record(self, answer: Answer) -> None:
        for record in answer.records:
            self._shards.add(record)
            self._ledger = self._ledger.with_record(record)
        self._lost += answer.lost

    def _end(self) -> bool:
        """Report what a person must know of the whole, and write it down."""
        ledger = self._ledger
        self._summarise(
            {
                "complete": True,
                "inputs": ledger.inputs.total(),
                "failed": ledger.failures,
                "heatmaps_not_written": len(self._lost),
                "left_out": dict(sorted(self._skipped.items())),
            }
        )
        complain(
            f"{ledger.inputs.total()} records are in {self._call.url}/{RECORDS}, "
            f"{ledger.failures} of them of inputs that can't be analysed."
        )
        if self._lost:
            complain(f"{len(self._lost)} heatmaps are missing. {self._lost[0]}")
        complain(note(calibrated=self._bundle.decision.calibrated))
        return not ledger.failures and not self._lost

    def _summarise(self, facts: Mapping[str, Any]) -> None:
        bundle = self._bundle
        model = {
            "name": bundle.name, "version": bundle.version, "sha256": bundle.sha256
        }  # fmt: skip
        summary = {"records": RECORDS, "model": model, **self._order.identity, **facts}
        self._place.write(SUMMARY, (json.dumps(summary, indent=2) + "\n").encode())
