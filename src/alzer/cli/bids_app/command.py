"""`alzer bids`: a whole BIDS data set, called as BIDS Apps are called.

Source: Gorgolewski et al. 2017, doi:10.1371/journal.pcbi.1005209 (BIDS Apps).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from alzer.cli import bids
from alzer.cli.bids_app.derived import DerivedDataSet
from alzer.cli.bids_app.group_level import GroupLevel
from alzer.cli.bids_app.options import (
    BidsDirArgument,
    FilterFileOption,
    LevelArgument,
    LevelName,
    MemoryOption,
    OutputDirArgument,
    ParticipantsOption,
    SessionsOption,
    SkipOption,
    ThreadsOption,
    VersionOption,
    WorkDirOption,
)
from alzer.cli.bids_app.participant_level import ParticipantLevel
from alzer.cli.bids_app.run_log import RunLog
from alzer.cli.bids_app.selection import Selection, choose
from alzer.cli.bids_app.validation import require_valid
from alzer.cli.exits import exit_after
from alzer.cli.memory import at_most, available_bytes
from alzer.cli.options import EngineOption, ModelOption, PrecisionOption, read_settings
from alzer.errors import InvalidDataSet, InvalidRequest
from alzer.settings import Settings

_IN_DATA_SET: Final = (
    "{} lies in the data set, where it would be taken for a part of it. Choose a "
    "folder elsewhere, or below its folder derivatives."
)


def bids_app(  # noqa: PLR0913 - a command's options are its parameters
    bids_dir: BidsDirArgument,
    output_dir: OutputDirArgument,
    analysis_level: LevelArgument,
    *,
    participant_label: ParticipantsOption = None,
    session_label: SessionsOption = None,
    bids_filter_file: FilterFileOption = None,
    skip_bids_validation: SkipOption = False,
    n_cpus: ThreadsOption = None,
    mem_gb: MemoryOption = None,
    work_dir: WorkDirOption = None,
    model: ModelOption = None,
    engine: EngineOption = None,
    precision: PrecisionOption = None,
    version: VersionOption = False,
) -> None:
    """Analyse a BIDS data set, as BIDS Apps do.

    At the level 'participant', one T1w image of each session is analysed, and the
    answers, the evidence and the pictures become a derived data set. Images that have
    an answer of this model and version are passed over: the same call goes on after
    any end of the program, and calls for different participants may run at the same
    time. At the level 'group', all answers become group_alzer.tsv and
    group_alzer.html; nothing is analysed.

    Options may also be written with underscores (--participant_label).

    Exit code: 0 when all succeeded, 1 when an image failed or a file could not be
    written, 2 for a wrong call or a data set that is not valid, 130 after Ctrl-C, 143
    after SIGTERM.
    """
    del version  # the callback has shown it
    settings = read_settings(
        model=model, engine=engine, precision=precision, threads=n_cpus
    )
    selection = choose(participant_label or (), session_label or (), bids_filter_file)
    call = _Call(bids_dir, output_dir, work_dir, selection, settings)
    call.check_folders()
    if not skip_bids_validation:
        require_valid(bids_dir, selection.participants, work_dir)
    exit_after(lambda: _run(call, analysis_level, mem_gb))


@dataclass(frozen=True)
class _Call:
    """What a call asks for.

    Attributes:
        data_set: Folder of the data set.
        output: Folder of the derived one.
        work: Folder for what is of no use later; None: nothing is kept.
        selection: Which images are meant.
        settings: Model, engine, threads and limits.
    """

    data_set: Path
    output: Path
    work: Path | None
    selection: Selection
    settings: Settings

    def check_folders(self) -> None:
        """Refuse folders between which data would be mixed up.

        Raises:
            InvalidDataSet: There is no data set.
            InvalidRequest: Results would lie among the data.
        """
        if not self.data_set.is_dir():
            message = "There is no folder BIDS_DIR. Check its path."
            raise InvalidDataSet(message)
        _check_outside(self.data_set, "OUTPUT_DIR", self.output, {bids.DERIVATIVES})
        if self.work is not None:
            kept_apart = {bids.DERIVATIVES, "sourcedata", "code"}
            _check_outside(self.data_set, "The work folder", self.work, kept_apart)


def _check_outside(
    data_set: Path, name: str, folder: Path, kept_apart: Iterable[str]
) -> None:
    """Refuse a folder in a data set, unless it lies where others' files may.

    Raises:
        InvalidRequest: It does not.
    """
    inside, outside = folder.resolve(), data_set.resolve()
    if not inside.is_relative_to(outside):
        return
    first, *below = (*inside.relative_to(outside).parts, "")
    if first not in kept_apart or not any(below):
        raise InvalidRequest(_IN_DATA_SET.format(name))


def _run(call: _Call, level: LevelName, most_gb: float | None) -> bool:
    """Do what a level asks for, and write down how it ended.

    Returns:
        Whether all went well.
    """
    container = call.settings.container_tag
    output = DerivedDataSet.make(call.output, call.data_set, container)
    log, ended = RunLog(level), "stopped"
    try:
        if level is LevelName.group:
            GroupLevel(call.data_set, call.selection, output, call.settings).run(log)
            is_success = True
        else:
            memory = at_most(most_gb, available_bytes())
            is_success = ParticipantLevel(
                call.data_set, call.selection, output, call.settings, memory
            ).run(log)
        ended = "complete"
    finally:
        log.write(output, ended)
    return is_success
