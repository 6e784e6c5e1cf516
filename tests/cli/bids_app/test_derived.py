"""The derived data set, written by one job or by several."""

import json
import threading
from pathlib import Path

import pytest

from alzer.cli.bids_app.derived import DerivedDataSet, describe_container
from alzer.cli.inputs import Input, Person
from alzer.errors import InvalidRequest, StorageUnavailable
from bids_sets import write_data_set

IMAGE = Input("study/sub-01/anat/sub-01_T1w.nii", person=Person("sub-01", None))


@pytest.fixture
def data_set(tmp_path: Path) -> Path:
    return write_data_set(tmp_path / "study", {})


@pytest.fixture
def derived(data_set: Path) -> DerivedDataSet:
    return DerivedDataSet.make(data_set / "derivatives" / "alzer", data_set, "")


def test_it_says_what_it_was_made_of(derived: DerivedDataSet, data_set: Path) -> None:
    told = json.loads((derived.path / "dataset_description.json").read_text("utf-8"))

    assert told["DatasetType"] == "derivative"
    link = derived.path / told["DatasetLinks"]["raw"]
    assert link.resolve() == data_set.resolve()
    assert told["SourceDatasets"] == [{"URL": "../.."}]
    assert "Container" not in told["GeneratedBy"][0]


def test_the_doi_of_the_source_is_handed_on(data_set: Path, tmp_path: Path) -> None:
    told = '{"Name": "x", "BIDSVersion": "1.9.0", "DatasetDOI": "doi:10.1/abc"}'
    (data_set / "dataset_description.json").write_text(told, "utf-8")
    made = DerivedDataSet.make(tmp_path / "out", data_set, "")
    facts = json.loads((made.path / "dataset_description.json").read_text("utf-8"))

    assert facts["SourceDatasets"][0]["DOI"] == "doi:10.1/abc"


@pytest.mark.parametrize("description", ['{"Name": "fMRIPrep"}', "no JSON", "[]",
    '{"GeneratedBy": [{"Name": "fMRIPrep"}]}'])  # fmt: skip
def test_the_data_set_of_another_program_is_left_alone(
    data_set: Path, tmp_path: Path, description: str
) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "dataset_description.json").write_text(description, "utf-8")

    with pytest.raises(InvalidRequest, match="alzer did not make"):
        DerivedDataSet.make(tmp_path / "out", data_set, "")
    assert len(list((tmp_path / "out").iterdir())) == 1


def test_many_jobs_at_a_time_write_whole_files_and_leave_nothing_else(
    data_set: Path, tmp_path: Path
) -> None:
    failed: list[BaseException] = []

    def work(number: int) -> None:
        try:
            made = DerivedDataSet.make(tmp_path / "out", data_set, "")
            person = Person(f"sub-{number}", None)
            image = Input(f"sub-{number}_T1w.nii", person=person)
            made.keep(image, {"number": number, "text": "x" * 100_000})
        except BaseException as error:  # noqa: BLE001 - the test tells it
            failed.append(error)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    found = [path for path in (tmp_path / "out").rglob("*") if path.is_file()]

    assert failed == []
    assert not [path for path in found if path.name.endswith(".part")]
    records = [path for path in found if path.name.endswith("_prediction.json")]
    numbers = {json.loads(path.read_text("utf-8"))["number"] for path in records}
    assert numbers == set(range(12))


def test_what_an_earlier_answer_left_goes_and_other_files_stay(
    derived: DerivedDataSet,
) -> None:
    folder = derived.path / "sub-01" / "anat"
    kept, stale, others = (
        folder / "sub-01_desc-unreliableevidence_statmap.nii.gz",
        folder / "sub-01_desc-evidence_statmap.nii.gz",
        folder / "sub-01_desc-preproc_T1w.nii.gz",
    )
    for path in (kept, stale, others):
        for each in (path, path.with_name(path.name.replace(".nii.gz", ".json"))):
            each.parent.mkdir(parents=True, exist_ok=True)
            each.write_bytes(b"content")
    place = "sub-01/anat/sub-01_desc-unreliableevidence_statmap.nii.gz"
    derived.keep(IMAGE, {"evidence_nifti": place})

    assert {path.name for path in folder.iterdir()} == {
        "sub-01_desc-unreliableevidence_statmap.nii.gz",
        "sub-01_desc-unreliableevidence_statmap.json",
        "sub-01_desc-preproc_T1w.nii.gz",
        "sub-01_desc-preproc_T1w.json",
        "sub-01_prediction.json",
    }


def test_paths_of_a_record_hold_wherever_the_data_set_is(
    derived: DerivedDataSet,
) -> None:
    place = str(derived.path / "sub-01" / "x.png")
    record = {"heatmap": place, "slices": [{"heatmap": place}], "confidence": 0.5}

    assert derived.localise(record) == {
        "heatmap": "sub-01/x.png",
        "slices": [{"heatmap": "sub-01/x.png"}],
        "confidence": 0.5,
    }


def test_the_heatmap_of_a_single_slice_lies_with_its_participant(
    derived: DerivedDataSet,
) -> None:
    derived.images[IMAGE.name] = IMAGE
    path = derived.save_heatmap(IMAGE.name, b"png", reliable=False)

    assert path.endswith("sub-01/figures/not-reliable/sub-01_desc-heatmap_T1w.png")
    assert Path(path).read_bytes() == b"png"


def test_a_folder_that_can_not_be_written_to_is_told(
    data_set: Path, tmp_path: Path
) -> None:
    (tmp_path / "out").write_text("a file", "utf-8")

    with pytest.raises((StorageUnavailable, InvalidRequest)):
        DerivedDataSet.make(tmp_path / "out", data_set, "")


@pytest.mark.parametrize(
    ("mark", "kind"),
    [
        (".dockerenv", "docker"),
        ("run/.containerenv", "podman"),
        (".singularity.d/labels.json", "apptainer"),
    ],
)
def test_a_container_is_stated_with_its_image(
    tmp_path: Path, mark: str, kind: str
) -> None:
    (tmp_path / mark).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / mark).touch()

    assert describe_container("alzer-bids:1", tmp_path) == {
        "Type": kind, "Tag": "alzer-bids:1",
    }  # fmt: skip
    assert describe_container("", tmp_path) == {}


def test_outside_of_containers_none_is_stated(tmp_path: Path) -> None:
    assert describe_container("alzer-bids:1", tmp_path) == {}
