"""Options of `alzer predict`."""

from typing import Annotated

import typer

from alzer.cli.records import Format

Paths = Annotated[
    list[str],
    typer.Argument(
        metavar="PATH",
        help="Files, folders with everything below them, or - for standard input. A "
        "volume, a zip archive with a DICOM series, or such a series in a folder is "
        "one scan of a person.",
    ),
]
OutputOption = Annotated[
    str | None,
    typer.Option(
        "--output",
        "-o",
        metavar="DIR",
        help="Folder for heatmaps, evidence, brain masks, a legend and a file with the "
        "records. With --backend also an address such as s3://bucket/prefix.",
    ),
]
FormatOption = Annotated[
    Format | None,
    typer.Option(
        "--format",
        "-f",
        help="How records are written; by default a table on a terminal, else jsonl. "
        "With --backend jsonl or parquet, in shards.",
    ),
]
SeriesOption = Annotated[
    str | None,
    typer.Option(
        metavar="N|UID",
        help="Which of several DICOM series of a folder, zip or file is meant: its "
        "number in the list that the refusal gives, or its identifier.",
    ),
]
BidsOption = Annotated[
    bool,
    typer.Option(
        "--bids",
        help="PATH is a BIDS data set: analyse one T1w image of each session, and "
        "write BIDS derivatives below DIR, in derivatives/alzer.",
    ),
]
ResumeOption = Annotated[
    bool,
    typer.Option(
        "--resume",
        help="Go on where an earlier call with this DIR ended: its records stay, and "
        "inputs that have one are passed over.",
    ),
]
OverwriteOption = Annotated[
    bool,
    typer.Option(
        "--overwrite",
        help="Replace the results in DIR: the records at the end, heatmaps as they are "
        "made; with --backend the records at once, when the inputs have been found. "
        "Without it and --resume, a DIR with results is refused.",
    ),
]
BackendOption = Annotated[
    str | None,
    typer.Option(
        metavar="ray[://ADDRESS]",
        help="Work on a cluster of Ray: ray starts one on this machine, ray://auto "
        "takes the one that it is part of, ray://HOST:PORT that of this head. PATH may "
        "be an address too, such as s3://bucket/prefix, or a CSV file with the columns "
        "file, and if you like subject and series. Needs --output and the extra 'ray'.",
    ),
]
SliceProcessesOption = Annotated[
    int | None,
    typer.Option(
        min=1,
        help="With --backend: how many processes of one core work on slices at the "
        "most. By default as many as there are cores, or half as many beside whole "
        "heads.",
    ),
]
HeadProcessesOption = Annotated[
    int | None,
    typer.Option(
        min=1,
        help="With --backend: how many processes of one core work on whole heads; "
        "likewise. Each takes some 1.5 GB.",
    ),
]
