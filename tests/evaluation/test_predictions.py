"""Predictions come out of files as they went in."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from alzer.errors import InvalidRequest
from alzer.evaluation.predictions import (
    PredictionsOf,
    read_study,
    read_table,
    write_table,
)
from evaluation.studies import draw_study, draw_subjects


def test_a_table_is_read_as_it_was_written(tmp_path: Path) -> None:
    study = draw_study(draw_subjects())
    (tmp_path / "all.csv").write_bytes(write_table(study))

    again = read_table(tmp_path / "all.csv")

    assert again.folds == study.folds
    for one, other in zip(again.slices, study.slices, strict=True):
        assert one.subjects.tolist() == other.subjects.tolist()
        assert one.labels.tolist() == other.labels.tolist()
        assert np.abs(one.probabilities - other.probabilities).max() < 1e-6
    assert write_table(again) == write_table(study)


def test_a_table_says_whether_it_is_of_what_is_served(tmp_path: Path) -> None:
    study = draw_study(draw_subjects())
    before = replace(study, predictions_of="slice alone")

    for held_out, column in ((study, "ood_score"), (before, "novelty")):
        (tmp_path / "all.csv").write_bytes(write_table(held_out))
        again = read_table(tmp_path / "all.csv")

        assert again.predictions_of == held_out.predictions_of
        assert column in (tmp_path / "all.csv").read_text("utf-8").splitlines()[0]


def test_a_table_of_before_is_read_with_its_scores(tmp_path: Path) -> None:
    (tmp_path / "all.csv").write_text(
        "subject,slice,label,No Impairment,Very Mild Impairment,Mild Impairment,"
        "Moderate Impairment,novelty,fold\n"
        "a,1,2,0.1,0.2,0.6,0.1,0.79,0\n",
        encoding="utf-8",
    )

    found = read_table(tmp_path / "all.csv")

    assert found.predictions_of == "slice alone"
    assert found.ood_score[0].tolist() == [0.79]
    assert found.slices[0].labels.tolist() == [2]


def test_folds_of_different_kinds_are_not_mixed(tmp_path: Path) -> None:
    study = draw_study(draw_subjects())
    kinds: list[PredictionsOf] = [
        "slice alone",
        "slice and mirror image",
        "slice and mirror image",
    ]
    for fold, kind in zip(study.folds, kinds, strict=True):
        (tmp_path / f"fold-{fold}").mkdir()
        own = replace(study.only(fold), predictions_of=kind)
        (tmp_path / f"fold-{fold}" / "predictions.csv").write_bytes(write_table(own))

    with pytest.raises(InvalidRequest, match="slice alone"):
        read_study(tmp_path)


def test_the_folds_of_a_study_are_found(tmp_path: Path) -> None:
    study = draw_study(draw_subjects())
    for fold in study.folds:
        folder = tmp_path / f"fold-{fold}"
        folder.mkdir()
        (folder / "predictions.csv").write_bytes(write_table(study.only(fold)))
    (tmp_path / "fold-x").mkdir()
    (tmp_path / "fold-x" / "predictions.csv").write_text("noise", encoding="utf-8")

    assert write_table(read_study(tmp_path)) == write_table(study)


@pytest.mark.parametrize(
    "content", [b"", b"subject,slice\na,1\n", b"\xff\xfe", b"fold,label\n0,x\n"]
)
def test_what_is_no_table_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "all.csv").write_bytes(content)

    with pytest.raises(InvalidRequest, match=r"all\.csv"):
        read_table(tmp_path / "all.csv")


def test_a_folder_without_predictions_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidRequest, match="no fold"):
        read_study(tmp_path)
