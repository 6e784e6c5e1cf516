"""Arguments and options of `alzer bids`."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from alzer import __version__


class LevelName(StrEnum):
    """What is done with a data set."""

    participant = "participant"
    group = "group"


def _version(asked: bool) -> None:  # noqa: FBT001 - typer calls it so
    if asked:
        typer.echo(f"alzer {__version__}")
        raise typer.Exit


BidsDirArgument = Annotated[
    Path,
    typer.Argument(
        metavar="BIDS_DIR",
        help="Folder of the BIDS data set. Nothing is written there.",
    ),
]
OutputDirArgument = Annotated[
    Path,
    typer.Argument(
        metavar="OUTPUT_DIR",
        help="Folder of the derived data set. At the group level, that of the "
        "participant level.",
    ),
]
LevelArgument = Annotated[
    LevelName,
    typer.Argument(
        metavar="participant|group",
        help="participant: analyse each image; several calls may do so at a time, for "
        "different participants. group: one table and report of all.",
    ),
]
ParticipantsOption = Annotated[
    list[str] | None,
    typer.Option(
        "--participant-label",
        metavar="LABEL...",
        help="Participants to analyse, with sub- or without: 01 02 03. By default all.",
    ),
]
SessionsOption = Annotated[
    list[str] | None,
    typer.Option(
        "--session-label",
        metavar="LABEL...",
        help="Sessions to analyse, with ses- or without. By default all.",
    ),
]
SkipOption = Annotated[
    bool,
    typer.Option(
        "--skip-bids-validation",
        "--skip-bids-validator",
        help="Don't check first whether the data set is valid.",
    ),
]
ThreadsOption = Annotated[
    int | None,
    typer.Option(
        "--n-cpus",
        "--nthreads",
        "--nprocs",
        min=1,
        max=1024,
        help="Threads for inference. By default all cores. [ALZER_THREADS]",
    ),
]
MemoryOption = Annotated[
    float | None,
    typer.Option(
        "--mem-gb",
        min=1.0,
        help="Memory that may be taken, in GB: with less than 3, one head is worked on "
        "at a time. By default what is free.",
    ),
]
WorkDirOption = Annotated[
    Path | None,
    typer.Option(
        "--work-dir",
        "-w",
        metavar="DIR",
        help="Folder for what is of no use later: the whole report of the check of the "
        "data set. By default that is not kept.",
    ),
]
FilterFileOption = Annotated[
    Path | None,
    typer.Option(
        "--bids-filter-file",
        metavar="FILE",
        help="JSON file that says which T1w image of a session is meant, as fMRIPrep "
        'takes it: {"t1w": {"acquisition": "mprage"}}.',
    ),
]
VersionOption = Annotated[
    bool,
    typer.Option(
        "--version", callback=_version, is_eager=True, help="Show the version."
    ),
]
