"""Nobody is judged by a network that saw them; slices go the way of the service."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from alzer.analysis import analyse
from alzer.errors import InvalidRequest, LeakySplit
from alzer.evaluation.outside import (
    EVERYONE,
    NO_IMAGE,
    NO_NETWORK,
    Session,
    assign_networks,
    judge_sessions,
)
from alzer.evaluation.outside_table import read_results, write_results
from alzer.model.bundle import load_bundle
from alzer.model.engine import Model, load_model
from alzer.model.person import softmax
from bundles import write_bundle
from phantoms import as_jpeg, as_png, draw_brain

FOLDS = {"ann": 0, "bob": 1}


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Model:
    folder = write_bundle(
        tmp_path_factory.mktemp("bundle"), ood_score=True, gate={"limit": 9.0}
    )
    return load_model(load_bundle(folder), precision="fp32")


def session(name: str, **known: object) -> Session:
    return replace(Session(name, person=name, label=0), **known)  # type: ignore[arg-type]  # fields


def test_people_of_the_training_data_get_the_network_that_never_saw_them() -> None:
    sessions = [
        session("a", person="A", subject="ann"),
        session("b", person="B", subject="bob", fold=1),
        session("c", person="C"),
    ]

    assert assign_networks(sessions, FOLDS) == ("fold-0", "fold-1", EVERYONE)


@pytest.mark.parametrize(
    ("sessions", "reason"),
    [
        # The table names a fold whose network has seen the person.
        ([session("a", person="A", subject="ann", fold=1)], "fold 1"),
        # The model for everyone has seen whoever is in the training data.
        ([session("a", person="ann")], "person of the training data"),
        (
            [session("a", person="A", subject="ann"), session("b", person="A")],
            "a subject and none",
        ),
        (
            [
                session("a", person="A", subject="ann"),
                session("b", person="A", subject="bob"),
            ],
            "two subjects",
        ),
    ],
)
def test_nobody_is_judged_by_a_network_that_saw_them(
    sessions: list[Session], reason: str
) -> None:
    with pytest.raises(LeakySplit, match=reason):
        assign_networks(sessions, FOLDS)


def test_who_is_unknown_or_two_people_is_named() -> None:
    with pytest.raises(InvalidRequest, match="'zoe', whom the training data"):
        assign_networks([session("a", subject="zoe")], FOLDS)
    twice = [session(each, person=each, subject="ann") for each in "ab"]
    with pytest.raises(InvalidRequest, match="'ann' is two persons"):
        assign_networks(twice, FOLDS)


def test_answers_are_those_of_the_service(model: Model, tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(as_png(draw_brain()))

    (result,) = judge_sessions([session("a", path=path)], {}, {EVERYONE: model})

    assert result.answer is not None
    served = analyse(path.read_bytes(), model)
    logits = np.array(result.answer.logits)
    assert softmax(logits) == pytest.approx(np.array(served.probabilities), abs=1e-4)
    assert result.answer.flagged is False
    assert served.reliable


def test_the_mirror_image_gets_the_same_answer(model: Model, tmp_path: Path) -> None:
    brain = draw_brain(seed=3)
    for name, pixels in (("one", brain), ("two", brain[:, ::-1])):
        (tmp_path / name).write_bytes(as_png(pixels))

    sessions = [session(name, path=tmp_path / name) for name in ("one", "two")]
    one, two = judge_sessions(sessions, {}, {EVERYONE: model})

    assert one.answer == two.answer


def test_what_cannot_be_judged_is_kept_with_its_reason(
    model: Model, tmp_path: Path
) -> None:
    (tmp_path / "good.jpg").write_bytes(as_jpeg(draw_brain()))
    (tmp_path / "bad.png").write_bytes(b"no picture")
    sessions = [
        session("good", path=tmp_path / "good.jpg", measures={"age": 71.0}),
        session("bad", path=tmp_path / "bad.png"),
        session("gone", path=tmp_path / "gone.png"),
        session("nameless"),
        session("strange", person="A", subject="ann", path=tmp_path / "good.jpg"),
    ]

    results = judge_sessions(sessions, FOLDS, {EVERYONE: model})

    assert [bool(each.answer) for each in results] == [True, *[False] * 4]
    assert results[3].problem == NO_IMAGE
    assert results[4].problem == NO_NETWORK
    assert all(each.problem for each in results[1:])


def test_nobody_to_judge_is_refused(model: Model) -> None:
    with pytest.raises(InvalidRequest, match="None of 1 sessions"):
        judge_sessions([session("a")], {}, {EVERYONE: model})


def test_tables_keep_all_that_figures_need(model: Model, tmp_path: Path) -> None:
    (tmp_path / "good.jpg").write_bytes(as_jpeg(draw_brain()))
    sessions = [
        session("a", path=tmp_path / "good.jpg", measures={"age": 71.0}, visit="2"),
        session("b"),
    ]
    results = judge_sessions(sessions, {}, {EVERYONE: model})
    table = tmp_path / "outside.csv"
    table.write_bytes(write_results(results))

    again = read_results(table)

    assert write_results(again) == table.read_bytes()
    assert [each.answer for each in again] == [each.answer for each in results]
    assert again[0].session == replace(sessions[0], path=None)
    assert again[1].problem == NO_IMAGE


def test_a_table_of_something_else_is_named(tmp_path: Path) -> None:
    (tmp_path / "outside.csv").write_text("a,b\n1,2\n", encoding="utf-8")

    with pytest.raises(InvalidRequest, match=r"outside\.csv"):
        read_results(tmp_path / "outside.csv")
