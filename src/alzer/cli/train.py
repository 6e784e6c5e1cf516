"""`alzer train`: from labelled slices to a bundle; needs the extra `train`."""

import importlib
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any, Literal

import typer
from rich.console import Console

from alzer.cli.extras import load_extra
from alzer.cli.memory import available_bytes, heads_at_once
from alzer.cli.progress import show_progress
from alzer.errors import InvalidRequest

DataOption = Annotated[
    Path,
    typer.Option(
        metavar="PATH",
        help="CSV file with the columns file, class or cdr, subject (and maybe slice, "
        "fold or split, age, sex, nwbv), whose files are slices or whole heads (NIfTI, "
        "MGH, a folder of DICOM files, zip); or a folder with slices.csv, folds.csv "
        "and maybe subjects.csv; or a folder with one folder of images per class.",
    ),
]
SubjectsOption = Annotated[
    bool,
    typer.Option(
        "--slices-are-subjects",
        help="Every slice is of another person. Only say so if it is true: otherwise "
        "all figures will be far too good.",
    ),
]
FoldCountOption = Annotated[
    int,
    typer.Option(
        "--number-of-folds",
        min=2,
        help="Folds to deal people to, where the data have none.",
    ),
]
ControlOption = Annotated[
    Literal["permuted", "leaky"] | None,
    typer.Option(
        help="Check the pipeline instead of making a model: 'permuted' deals the "
        "classes to other people (must end at chance), 'leaky' holds out slices "
        "instead of people (shows how far that inflates)."
    ),
]
OutputOption = Annotated[
    Path,
    typer.Option(
        "--output",
        "-o",
        metavar="DIR",
        help="Folder for checkpoints, logs and the bundle; an interrupted study "
        "goes on from there.",
    ),
]
EpochsOption = Annotated[
    int | None, typer.Option(min=1, help="Passes over the training people.")
]
FoldsOption = Annotated[
    str | None,
    typer.Option(help="Folds to validate on, such as 0,2,4; all by default."),
]
HeightOption = Annotated[
    int | None, typer.Option(min=33, help="Rows of the network's input; best 16 n + 1.")
]
WidthOption = Annotated[
    int | None,
    typer.Option(min=33, help="Columns of the network's input; best 16 n + 1."),
]
SlicesOption = Annotated[
    int | None, typer.Option(min=1, help="Slices drawn per person and epoch.")
]
BatchOption = Annotated[int | None, typer.Option(min=2, help="Images per step.")]
RateOption = Annotated[
    float | None, typer.Option(min=0.0, help="Peak of the learning rate.")
]
SeedOption = Annotated[
    int | None, typer.Option(help="Of initial weights, sampling and augmentation.")
]
ThreadsOption = Annotated[
    int, typer.Option(min=0, help="Threads for training; 0 means all cores.")
]
InitialiseOption = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE",
        help="Start from a ResNet-50's weights that you have, as a safetensors file "
        "with the names of torchvision or RadImageNet; at random without.",
    ),
]
RegularisationOption = Annotated[
    str | None,
    typer.Option(
        "--choose-regularisation",
        metavar="C,C,...",
        help="Choose the last layer's inverse regularisation C among these by inner "
        "folds, for each network by its own training people.",
    ),
]
NameOption = Annotated[str, typer.Option(help="Name of the model.")]
VersionOption = Annotated[str, typer.Option(help="Version of the model.")]


def train(  # noqa: PLR0913 - a command's options are its parameters
    *,
    data: DataOption,
    output: OutputOption,
    epochs: EpochsOption = None,
    folds: FoldsOption = None,
    height: HeightOption = None,
    width: WidthOption = None,
    slices_per_subject: SlicesOption = None,
    batch_size: BatchOption = None,
    learning_rate: RateOption = None,
    seed: SeedOption = None,
    choose_regularisation: RegularisationOption = None,
    threads: ThreadsOption = 0,
    name: NameOption = "alzer-resnet50",
    version: VersionOption = "1",
    slices_are_subjects: SubjectsOption = False,
    number_of_folds: FoldCountOption = 5,
    control: ControlOption = None,
    initialise: InitialiseOption = None,
) -> None:
    """Train on labelled slices or whole heads: each fold, then everyone.

    Folds keep people apart; without knowing who is who, nothing is trained. What
    isn't given is the recipe's own. Each whole head is prepared once, as the service
    does, and kept in the output folder. The same call after an interruption goes on
    from the last prepared head or complete epoch. Needs the extra 'train'.
    """
    chosen = {
        "epochs": epochs,
        "slices_per_subject": slices_per_subject,
        "batch_size": batch_size,
        "learning_rate": learning_rate,
        "seed": seed,
        "regularisation_candidates": _candidates(choose_regularisation),
    }
    numbers = None if folds is None else _fold_numbers(folds)
    recipes, study = _load("recipe"), _load("study")
    if threads:
        importlib.import_module("torch").set_num_threads(threads)
    spec = recipes.TRAINED_SPEC
    recipe = recipes.Recipe(
        spec=replace(spec, height=height or spec.height, width=width or spec.width),
        **{key: value for key, value in chosen.items() if value is not None},
    )
    reading = _load("tables").Reading(slices_are_subjects, number_of_folds)
    plan = study.Study(
        data,
        output,
        recipe,
        numbers,
        name,
        version,
        reading,
        control,
        initialise,
        heads_at_once(available_bytes()),
    )
    with show_progress(Console(stderr=True), recipe.epochs) as progress:
        result = study.run_study(plan, progress)
    if control is None:
        typer.echo(f"The bundle is in {result}; use it with ALZER_MODEL or --model.")
    else:
        typer.echo(f"The control's predictions are in {result}; see alzer evaluate.")


def _candidates(text: str | None) -> tuple[float, ...] | None:
    """Read inverse regularisations; more is a weaker penalty.

    Raises:
        InvalidRequest: If they are not numbers above 0.
    """
    if text is None:
        return None
    try:
        values = tuple(float(part) for part in text.split(","))
    except ValueError:
        values = ()
    if not values or not all(0.0 < value < float("inf") for value in values):
        message = (
            f"'{text}' are no inverse regularisations; give numbers above 0, such as "
            "--choose-regularisation 0.01,0.03,0.1."
        )
        raise InvalidRequest(message)
    return values


def _load(module: str) -> Any:  # noqa: ANN401 - a module, loaded when it is needed
    return load_extra(f"training.{module}", "Training")


def _fold_numbers(text: str) -> tuple[int, ...]:
    try:
        return tuple(sorted({int(each) for each in text.split(",")}))
    except ValueError as error:
        message = f"--folds takes numbers such as 0,2,4; got '{text}'."
        raise InvalidRequest(message) from error
