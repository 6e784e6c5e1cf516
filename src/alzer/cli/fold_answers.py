"""What `alzer evaluate` asks the networks of a study's folds, and keeps as tables."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any

import typer

from alzer.errors import InvalidRequest
from alzer.model.bundle import Bundle
from alzer.model.engine import Model, load_model

OutsideOption = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE",
        help="CSV file of slices from outside the study's data, a row per visit, with "
        "the columns file (or axl; from the table's folder), cdr or class, and maybe "
        "session, person (whose visits belong together), subject (the person's name in "
        "the training data; empty for others), fold, visit, age, nwbv. People of the "
        "training data are judged by the network of the fold that never saw them, "
        "others by the model for everyone.",
    ),
]
RobustnessOption = Annotated[
    bool,
    typer.Option(
        "--robustness",
        help="Alter middle slices of people held out in many ways, and count changed "
        "classes.",
    ),
]
PeopleOption = Annotated[
    int, typer.Option("--robustness-people", min=1, help="People for --robustness.")
]
OodOption = Annotated[
    bool,
    typer.Option(
        "--ood",
        help="See which pictures that are no slices like the study's get an answer: "
        "stretched, covered, inverted and drawn ones, and those of --other-images.",
    ),
]
OtherImagesOption = Annotated[
    list[Path] | None,
    typer.Option(
        metavar="DIR",
        help="Folder with a folder of images per kind, or of images and whole heads of "
        "one kind, for --ood, which it implies. May be given several times.",
    ),
]
# What a study's folder needs for outside and altered slices.
_NO_NETWORKS = (
    "{option} needs the networks of a study's folds (fold-*/network.pt); give the "
    "folder that alzer train wrote. Tables that an earlier call wrote are used without "
    "the option."
)


@dataclass(frozen=True)
class Asked:
    """What is to be measured anew.

    Attributes:
        outside: Table of slices from outside, if any.
        robustness: Whether to alter slices.
        people: How many people's.
        ood: Whether to judge pictures that are no slices like the study's.
        kinds: Folders of such pictures, by what they are.
    """

    outside: Path | None
    robustness: bool
    people: int
    ood: bool = False
    kinds: Mapping[str, Path] = field(default_factory=dict)


@dataclass(frozen=True)
class Source:
    """Where answers come from.

    Attributes:
        study: Folder with networks, or with tables of an earlier call.
        bundle: The model for everyone.
        cohort: The data that the study was trained on.
        load: Gives a module of alzer by its name.
        advance: Called with a few words now and then.
    """

    study: Path
    bundle: Bundle
    cohort: Any
    load: Callable[[str], Any]
    advance: Callable[[str], None]

    @cached_property
    def models(self) -> Mapping[str, Model]:
        """The networks of the folds, by name."""
        self.advance("loading the networks of the folds")
        models: Mapping[str, Model] = self.load(
            "training.fold_models"
        ).load_fold_models(self.study, self.cohort, self.bundle.spec, self.advance)
        return models

    def outside(self, table: Path | None) -> Any:  # noqa: ANN401 - of a module that is loaded late
        """Return answers for slices from outside: new, of an earlier call, or None.

        Raises:
            InvalidRequest: If no network can judge anybody.
        """
        tables = self.load("evaluation.outside_table")
        if table is None:
            kept = self.study / tables.OUTSIDE
            return tables.read_results(kept) if kept.is_file() else None
        outside = self.load("evaluation.outside")
        sessions = self.load("training.outside_sessions").read_sessions(table)
        outside.assign_networks(sessions, self.cohort.folds)  # before what takes long
        models: dict[str, Model] = {}
        if any(session.subject for session in sessions):
            models |= self.models
        if any(session.subject is None for session in sessions):
            models[outside.EVERYONE] = load_model(self.bundle, precision="fp32")
        if not models:
            raise InvalidRequest(_NO_NETWORKS.format(option="--outside"))
        return outside.judge_sessions(sessions, self.cohort.folds, models, self.advance)

    def altered(self, people: int | None) -> Any:  # noqa: ANN401 - of a module that is loaded late
        """Return answers for altered slices: new, of an earlier call, or None.

        Raises:
            InvalidRequest: If the study has no networks.
        """
        tables = self.load("evaluation.robustness_table")
        if people is None:
            kept = self.study / tables.ROBUSTNESS
            return tables.read_altered(kept) if kept.is_file() else None
        if not self.models:
            raise InvalidRequest(_NO_NETWORKS.format(option="--robustness"))
        middle_slices = self.load("training.person_slices").middle_slices
        slices = middle_slices(self.cohort, self.models, people)
        return self.load("evaluation.robustness").alter_and_ask(
            slices, self.models, self.advance
        )

    def kinds(self, asked: Asked) -> Any:  # noqa: ANN401 - of a module that is loaded late
        """Return what became of images by kind: new, of an earlier call, or None.

        The networks of the folds judge if there are any, else the model for everyone.
        """
        tables = self.load("evaluation.ood_table")
        if not asked.ood:
            kept = self.study / tables.OOD
            return tables.read_kinds(kept) if kept.is_file() else None
        models: Mapping[str, Model] = self.models
        if not models:
            everyone = self.load("evaluation.outside").EVERYONE
            models = {everyone: load_model(self.bundle, precision="fp32")}
        slices = self.load("training.person_slices").slices_of_all_heights(
            self.cohort, models
        )
        return self.load("evaluation.ood").judge_kinds(
            slices, asked.kinds, models, self.advance
        )


def answer(asked: Asked, source: Source) -> Any:  # noqa: ANN401 - of a module that is loaded late
    """Return `FurtherAnswers`, new or of an earlier call.

    Args:
        asked: What to measure anew; the rest is read from an earlier call's tables.
        source: Where from.

    Returns:
        None in them where nothing is known.
    """
    further = source.load("evaluation.further_answers")
    return further.FurtherAnswers(
        source.outside(asked.outside),
        source.altered(asked.people if asked.robustness else None),
        source.kinds(asked),
    )


def tables_of(
    answers: Any,  # noqa: ANN401 - of a module that is loaded late
    load: Callable[[str], Any],
) -> dict[str, str]:
    """Return the tables that keep answers, by the names of their files."""
    tables = {}
    if answers.outside is not None:
        module = load("evaluation.outside_table")
        tables[module.OUTSIDE] = module.write_results(answers.outside).decode()
    if answers.altered is not None:
        module = load("evaluation.robustness_table")
        tables[module.ROBUSTNESS] = module.write_altered(answers.altered).decode()
    if answers.kinds is not None:
        module = load("evaluation.ood_table")
        tables[module.OOD] = module.write_kinds(answers.kinds).decode()
    return tables
