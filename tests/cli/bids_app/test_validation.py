"""The check of a data set, by the validator of BIDS."""

import json
from pathlib import Path

import pytest

from alzer.cli.bids_app import validation
from alzer.cli.bids_app.validation import find_errors, require_valid
from alzer.errors import InvalidDataSet, InvalidRequest, StorageUnavailable
from bids_sets import cube_nifti, write_data_set

EVERYBODY: frozenset[str] = frozenset()


@pytest.fixture
def data_set(tmp_path: Path) -> Path:
    images = {"sub-01": cube_nifti(), "sub-02": cube_nifti()}
    return write_data_set(tmp_path / "study", images)


def test_a_data_set_that_is_drawn_is_valid(data_set: Path, tmp_path: Path) -> None:
    require_valid(data_set, EVERYBODY, tmp_path / "work")
    report = json.loads((tmp_path / "work" / validation.REPORT).read_text("utf-8"))

    assert report["summary"]["subjects"]


def test_what_is_wrong_is_told_and_counts_for_those_who_are_wanted(
    data_set: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (data_set / "sub-02" / "anat" / "sub-02_T1w_old.nii.gz").write_bytes(cube_nifti())
    require_valid(data_set, frozenset({"01"}))

    with pytest.raises(InvalidDataSet, match="no valid BIDS data set"):
        require_valid(data_set, frozenset({"02"}))
    assert "sub-02_T1w_old.nii.gz" in capsys.readouterr().err


def test_what_is_wrong_with_the_whole_concerns_everybody(data_set: Path) -> None:
    (data_set / "dataset_description.json").write_text('{"Name": "x"}', "utf-8")
    (found,) = find_errors(data_set)

    assert found.words == ("JSON_KEY_REQUIRED (BIDSVersion): /dataset_description.json")
    with pytest.raises(InvalidDataSet, match="1 x JSON_KEY_REQUIRED"):
        require_valid(data_set, frozenset({"01"}))


def test_without_the_validator_it_is_told_how_to_get_it(
    data_set: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(validation, "_PACKAGE", "no_such_package")

    with pytest.raises(InvalidRequest, match=r"\[bids\]"):
        require_valid(data_set, EVERYBODY)


def test_a_check_that_breaks_off_is_told(tmp_path: Path) -> None:
    with pytest.raises(InvalidRequest, match="came to no end"):
        find_errors(tmp_path / "absent")


def test_a_work_folder_that_can_not_be_written_to_is_told(
    data_set: Path, tmp_path: Path
) -> None:
    (tmp_path / "work").write_text("a file", "utf-8")

    with pytest.raises(StorageUnavailable):
        require_valid(data_set, EVERYBODY, tmp_path / "work")
