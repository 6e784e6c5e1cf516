"""BIDS data sets: one image of each session, and results as derivatives."""

import json
from pathlib import Path

import pytest

from alzer import __version__
from alzer.cli import bids
from alzer.cli.inputs import Input, Person, Skipped
from alzer.errors import InvalidRequest

FILES = (
    "sub-02/ses-b/anat/sub-02_ses-b_T1w.nii",
    "sub-02/ses-a/anat/sub-02_ses-a_run-2_T1w.nii.gz",
    "sub-02/ses-a/anat/sub-02_ses-a_run-1_T1w.nii.gz",
    "sub-02/ses-a/anat/sub-02_ses-a_T2w.nii.gz",
    "sub-02/ses-a/func/sub-02_ses-a_task-rest_bold.nii.gz",
    "sub-01/anat/sub-01_T1w.nii.gz",
    "sub-01/anat/sub-01_T1w.json",
    "derivatives/other/sub-03/anat/sub-03_T1w.nii.gz",
    "sourcedata/sub-04/anat/sub-04_T1w.nii.gz",
    "dataset_description.json",
)


@pytest.fixture
def data_set(tmp_path: Path) -> Path:
    for name in FILES:
        path = tmp_path / "study" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    return tmp_path / "study"


def test_participants_are_grouped_with_one_image_of_each_session(
    data_set: Path,
) -> None:
    skipped = Skipped()
    found = list(bids.find_participants([str(data_set)], skipped))

    assert [Path(one.name).relative_to(data_set) for one in found] == [
        Path(FILES[5]), Path(FILES[2]), Path(FILES[0]),
    ]  # fmt: skip
    assert [one.person for one in found] == [
        Person("sub-01", None), Person("sub-02", "ses-a"), Person("sub-02", "ses-b"),
    ]  # fmt: skip
    assert skipped == {bids.OTHER_T1: 1}


def test_data_sets_that_share_an_image_are_refused(
    data_set: Path, tmp_path: Path
) -> None:
    names = [str(data_set), str(tmp_path / "other")]
    for name in (
        "sub-03/anat/sub-03_T1w.nii",
        "sub-02/ses-c/anat/sub-02_ses-c_T1w.nii",
    ):
        (tmp_path / "other" / name).parent.mkdir(parents=True)
        (tmp_path / "other" / name).touch()
    bids.refuse_shared_places(bids.find_participants(names))
    (tmp_path / "other/sub-01/anat").mkdir(parents=True)
    (tmp_path / "other/sub-01/anat/sub-01_T1w.nii").touch()

    with pytest.raises(InvalidRequest, match="name of sub-01"):
        bids.refuse_shared_places(bids.find_participants(names))


def test_a_folder_without_participants_is_told(tmp_path: Path) -> None:
    (found,) = bids.find_participants([str(tmp_path)])

    assert found.failure is not None
    assert "sub-*/anat" in found.failure.message


def test_what_is_no_folder_is_told(tmp_path: Path) -> None:
    (tmp_path / "a.nii").touch()
    absent, file = (
        found.failure.message
        for found in bids.find_participants(
            [str(tmp_path / "absent"), str(tmp_path / "a.nii")]
        )
        if found.failure
    )

    assert absent == "There is no such folder. Check its path."
    assert file.startswith("This is a file. Name the folder of a BIDS data set")


def test_a_data_set_is_known_by_its_description(data_set: Path) -> None:
    assert bids.is_data_set(str(data_set))
    assert not bids.is_data_set(str(data_set / "sub-01"))
    assert not bids.is_data_set("-")


@pytest.mark.parametrize(
    ("output", "folder"),
    [
        ("results", "results/derivatives/alzer"),
        ("study/derivatives/mine", "study/derivatives/mine"),
    ],
)
def test_results_go_below_derivatives(output: str, folder: str) -> None:
    assert bids.derivative_folder(Path(output)) == Path(folder)


def test_the_derived_data_set_says_what_made_it() -> None:
    facts = json.loads(bids.description())

    assert facts["DatasetType"] == "derivative"
    assert facts["GeneratedBy"][0]["Name"] == "alzer"
    assert facts["GeneratedBy"][0]["Version"] == __version__


@pytest.mark.parametrize(
    ("what", "place"),
    [
        ("evidence.nii.gz", "anat/sub-02_ses-a_run-1_desc-evidence_statmap.nii.gz"),
        ("brain_mask.nii.gz", "anat/sub-02_ses-a_run-1_desc-brain_mask.nii.gz"),
        ("brain.nii.gz", "anat/sub-02_ses-a_run-1_desc-brain_T1w.nii.gz"),
        ("prediction.json", "anat/sub-02_ses-a_run-1_prediction.json"),
        ("slice_07.png", "figures/sub-02_ses-a_run-1_desc-slice07_T1w.png"),
    ],
)
def test_results_are_named_after_their_image(what: str, place: str) -> None:
    image = Input(f"study/{FILES[2]}", person=Person("sub-02", "ses-a"))

    assert bids.place_of(image, what, reliable=True) == Path("sub-02/ses-a", place)


def test_pictures_of_what_is_not_reliable_lie_apart() -> None:
    image = Input(FILES[5], person=Person("sub-01", None))
    place = bids.place_of(image, "heatmap.png", reliable=False)

    assert place == Path("sub-01/figures/not-reliable/sub-01_desc-heatmap_T1w.png")


def test_evidence_that_can_not_be_relied_on_has_a_name_of_its_own() -> None:
    person = Person("sub-02", None)
    image = Input("set/sub-02/anat/sub-02_T1w.nii", person=person)
    usual, doubted = (
        bids.place_of(image, "evidence.nii.gz", reliable=reliable).name
        for reliable in (True, False)
    )

    assert usual == "sub-02_desc-evidence_statmap.nii.gz"
    assert doubted == "sub-02_desc-unreliableevidence_statmap.nii.gz"


def test_an_image_of_no_data_set_has_no_place_there() -> None:
    with pytest.raises(ValueError, match="no BIDS"):
        bids.place_of(Input("head.nii"), "heatmap.png", reliable=True)
