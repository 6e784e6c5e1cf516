"""What `alzer evaluate` can be asked for."""

from pathlib import Path
from typing import Annotated

import typer

StudyArgument = Annotated[
    Path,
    typer.Argument(
        metavar="STUDY",
        help="Folder that alzer train wrote, or a folder that this command wrote.",
    ),
]
DataOption = Annotated[
    Path, typer.Option(metavar="PATH", help="The data that the study was trained on.")
]
OutputOption = Annotated[
    Path,
    typer.Option("--output", "-o", metavar="DIR", help="Folder for the results."),
]
BundleOption = Annotated[
    Path | None,
    typer.Option(
        "--model",
        "-m",
        metavar="DIR",
        help="The bundle; by default the study's own, or else the one that ships.",
    ),
]
CardOption = Annotated[
    Path | None,
    typer.Option("--model-card", metavar="FILE", help="Also write the card here."),
]
FitPersonOption = Annotated[
    bool,
    typer.Option(
        "--fit-person",
        help="Also fit the limits of one answer per person, and write them into the "
        "bundle's card.",
    ),
]
UpdateCardOption = Annotated[
    bool,
    typer.Option(
        "--update-card",
        help="Also write figures (of --outside, --robustness and --ood, too), "
        "baselines and limitations into the bundle's card, from which 'alzer models' "
        "takes them.",
    ),
]
FitOpinionOption = Annotated[
    bool,
    typer.Option(
        "--fit-second-opinion",
        help="Also write the fitted second opinion (CSF fraction) into the bundle's "
        "card.",
    ),
]
OpinionOutsideOption = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE",
        help="Table of sessions of another study (subject, fold, cdr, age, axl), the "
        "images in the folder axl beside it; see how the second opinion does there.",
    ),
]
RepeatsOption = Annotated[
    int, typer.Option(min=20, help="Draws of people for each interval.")
]
SubjectsOption = Annotated[
    bool, typer.Option("--slices-are-subjects", help="As said when it was trained.")
]
FoldCountOption = Annotated[
    int,
    typer.Option("--number-of-folds", min=2, help="As said when it was trained."),
]
