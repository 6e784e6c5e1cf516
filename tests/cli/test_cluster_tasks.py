"""Inputs as they travel to where they are analysed."""

from collections import Counter
from pathlib import Path

import pytest

from alzer.cli.cluster_tasks import Search, Task, without_records
from alzer.cli.inputs import Failure, Input, Person, SeveralFound
from alzer.cli.places import Place
from alzer.errors import InvalidRequest
from phantoms import as_jpeg, draw_brain
from volume_files import affine_of, as_series

SCANS = [
    Input("a\udcff.jpg"),
    Input("a.jpg", Failure("unreadable_file", "No.")),
    Input("a.zip", SeveralFound("several_series", "No.", ("one", "two"))),
    Input("a.hdr", other_half="a.img"),
    Input("folder", files=("folder/1", "folder/2")),
    Input("sub-1_T1w.nii", person=Person("sub-1", None)),
]


def found(*names: str, series: str | None = None) -> list[Task]:
    return list(Search(names, False, series, frozenset()).tasks(Counter()))  # noqa: FBT003 - as it is


@pytest.mark.parametrize("scan", SCANS)
def test_a_task_arrives_as_it_was_sent(scan: Input) -> None:
    task = Task(scan, "2", "person 7")

    assert Task.from_text(task.as_text()) == task


@pytest.mark.parametrize(
    ("scan", "wanted"),
    list(zip(SCANS, [False, False, True, True, True, True], strict=True)),
)
def test_what_may_be_a_volume_goes_to_those_who_read_volumes(
    scan: Input,
    wanted: bool,  # noqa: FBT001 - a row of the table above
) -> None:
    assert Task(scan).may_be_volume is wanted


def test_a_manifest_names_files_and_folders_beside_it(tmp_path: Path) -> None:
    (tmp_path / "one.jpg").write_bytes(as_jpeg(draw_brain()))
    (tmp_path / "series").mkdir()
    for index, content in enumerate(as_series(affine_of())):
        (tmp_path / "series" / f"{index}").write_bytes(content)
    manifest = tmp_path / "list.csv"
    rows = "subject,file,series\np1,one.jpg,\n,series,2\np3,absent.png,\n,,\n"
    manifest.write_text(rows, "utf-8")
    one, series, absent = found(str(manifest), series="1")

    assert (one.scan.name, one.subject, one.series) == (
        f"{tmp_path}/one.jpg",
        "p1",
        "1",
    )
    assert (series.scan.name, series.series) == (f"{tmp_path}/series", "2")
    assert len(series.scan.files) > 8
    assert (absent.scan.failure, absent.subject) == (None, "p3")  # told when it is read


def test_rows_of_addresses_keep_their_order(tmp_path: Path) -> None:
    place = Place("memory://rows")
    for index in range(40):
        place.write(f"{index}/a.jpg", as_jpeg(draw_brain()))
        place.write(f"{index}/notes.txt", b"no scan")
    rows = [f"memory://rows/{index},p{index}\n" for index in reversed(range(40))]
    manifest = tmp_path / "list.csv"
    manifest.write_text("".join(["file,subject\n", *rows]), "utf-8")
    skipped: Counter[str] = Counter()
    search = Search((str(manifest),), is_bids=False, series=None, own=frozenset())
    tasks = list(search.tasks(skipped))

    assert [f"{one.scan.name},{one.subject}\n" for one in tasks] == [
        row.replace(",", "/a.jpg,") for row in rows
    ]
    assert skipped.total() == 40


def test_a_slice_keeps_its_own_row_beside_that_of_its_series() -> None:
    whole = Task(Input("series", files=("series/1", "series/2")), subject="whole")
    alone = Task(Input("series/1"), subject="alone")

    assert without_records([alone, whole], Counter()) == [alone, whole]
    assert without_records([alone, whole], Counter(["series"])) == [alone]


def test_slices_of_a_series_that_have_no_record_are_of_its_person() -> None:
    whole = Task(Input("series", files=("series/1", "series/2")), "3", "whole")
    apart = Task(Input("series/2"), "3", "whole")

    assert without_records([whole], Counter(["series/1"])) == [apart]
    assert without_records([whole], Counter(["series/1", "series/2"])) == []


@pytest.mark.parametrize("again", ["a.jpg,2", "x/../a.jpg,1", "a.jpg,"])
def test_a_manifest_leads_to_each_input_once(tmp_path: Path, again: str) -> None:
    rows = f"file,series\na.jpg,1\nb.jpg,1\n{again}\n"
    (tmp_path / "list.csv").write_text(rows, "utf-8")

    with pytest.raises(InvalidRequest, match="line 4 leads to an input"):
        found(str(tmp_path / "list.csv"))


@pytest.mark.parametrize("content", [b"", b"path\na.jpg\n", b"file\n\xff\xfe\n"])
def test_what_is_no_manifest_is_a_wrong_call(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "list.csv").write_bytes(content)

    with pytest.raises(InvalidRequest, match="manifest"):
        found(str(tmp_path / "list.csv"))


def test_a_manifest_that_is_not_there_is_a_wrong_call() -> None:
    with pytest.raises(InvalidRequest, match="manifest can't be read"):
        found("absent.csv")


def test_standard_input_is_a_wrong_call() -> None:
    with pytest.raises(InvalidRequest, match="standard input"):
        found("-")
