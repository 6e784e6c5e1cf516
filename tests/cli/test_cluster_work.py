"""What a process of a cluster does, in this one."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from alzer.cli.cluster_digests import DigestWorker, content_digest
from alzer.cli.cluster_order import Order, settings_for
from alzer.cli.cluster_tasks import Task
from alzer.cli.cluster_work import Answer, HeadWorker, SliceWorker
from alzer.cli.further_files import NO_EXTRAS
from alzer.cli.inputs import Input
from alzer.cli.places import Place
from alzer.cli.shards import CONTENT, MODEL, SETTINGS
from alzer.errors import ClusterUnavailable
from alzer.model.bundle import load_bundle
from alzer.settings import Settings
from phantoms import as_dicom, as_jpeg, draw_brain
from volume_files import as_zip


@pytest.fixture
def order(bundle: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Order:
    monkeypatch.chdir(tmp_path)
    settings = Settings(model=bundle, engine="onnxruntime", threads=1)
    identity = {MODEL: load_bundle(bundle).sha256, SETTINGS: "s"}
    values = settings_for(settings)
    return Order(values, "results", NO_EXTRAS, identity, str(tmp_path))


@pytest.fixture
def workers(order: Order) -> Iterator[tuple[SliceWorker, HeadWorker]]:
    with SliceWorker(order) as slices, HeadWorker(order) as heads:
        yield slices, heads


def ask(worker: SliceWorker, *tasks: Task) -> list[Answer]:
    texts = worker.answer([task.as_text() for task in tasks])
    return [Answer.from_text(text) for text in texts]


def test_slices_are_answered_in_order_and_volumes_left_to_others(
    workers: tuple[SliceWorker, HeadWorker], tmp_path: Path
) -> None:
    contents = {
        "a.jpg": as_jpeg(draw_brain()),
        "b.zip": as_zip({"a.dcm": as_dicom(draw_brain())}),
        "c.png": b"no picture",
        "d.dcm": as_dicom(draw_brain(seed=1)),
    }
    for name, content in contents.items():
        (tmp_path / name).write_bytes(content)
    tasks = [Task(Input(name), subject="p1") for name in contents]
    first, whole, bad, last = ask(workers[0], *tasks)
    (record,) = first.records
    (in_zip,) = ask(workers[1], tasks[1])[0].records

    assert whole.records == []
    assert bad.records[0]["error"]["code"] == "not_an_image"
    assert (record["input"], record["participant"]) == ("a.jpg", "p1")
    assert record[CONTENT] == content_digest(Input("a.jpg"), tasks[0])
    assert record[SETTINGS] == "s"
    assert Path(record["heatmap"]).is_file()
    assert last.records[0]["input"] == "d.dcm"
    assert (in_zip["input"], in_zip["kind"]) == ("b.zip", "slice")


def test_slices_apart_have_a_record_and_a_digest_each(
    workers: tuple[SliceWorker, HeadWorker], tmp_path: Path
) -> None:
    place = Place("memory://apart")
    names = []
    for index in range(2):
        content = as_dicom(draw_brain(seed=index), SeriesInstanceUID=f"1.2.{index}")
        (tmp_path / f"{index}.dcm").write_bytes(content)
        place.write(f"{index}.dcm", content)
        names.append(f"memory://apart/{index}.dcm")
    task = Task(Input("memory://apart", files=tuple(names)))
    records = ask(workers[1], task)[0].records
    digests = [content_digest(Input(f"{index}.dcm"), task) for index in range(2)]

    assert [one["input"] for one in records] == names
    assert [one[CONTENT] for one in records] == digests


def test_an_input_that_is_given_up_has_a_record_that_says_why(
    workers: tuple[SliceWorker, HeadWorker], tmp_path: Path
) -> None:
    (tmp_path / "a.jpg").write_bytes(b"poison")
    text = workers[0].give_up(Task(Input("a.jpg")).as_text(), "It ended.")
    (record,) = Answer.from_text(text).records

    assert record["error"]["code"] == "analysis_failed"
    assert record["error"]["message"].startswith("It ended.")
    assert record[CONTENT] == content_digest(Input("a.jpg"), Task(Input("a.jpg")))


def test_digests_tell_contents_apart(order: Order, tmp_path: Path) -> None:
    for name, content in {"a": b"1", "b": b"1", "c": b"2"}.items():
        (tmp_path / name).write_bytes(content)
    Place("memory://digests").write("a", b"1")
    names = ["a", "b", "c", "absent", "memory://digests/a"]
    tasks = [Task(Input(one)) for one in names]
    named = [Task(Input("a"), *each) for each in (("2",), (None, "p1"), (None, "2"))]
    texts = DigestWorker(order).answer([one.as_text() for one in [*tasks, *named]])
    a, b, c, absent, remote, *others = (json.loads(text)[1] for text in texts)

    assert a == b == remote
    assert c != a
    assert absent is None
    assert len({a, *others}) == 4  # another series, or another person, of the same file


def test_a_node_without_the_folder_of_the_call_is_told(
    order: Order, tmp_path: Path
) -> None:
    elsewhere = Order(
        order.settings,
        order.output,
        order.extras,
        order.identity,
        str(tmp_path / "absent"),
    )

    with pytest.raises(ClusterUnavailable, match="folder of the call"):
        SliceWorker(elsewhere)


def test_a_node_with_another_model_is_told(order: Order) -> None:
    identity = {MODEL: "other", SETTINGS: "s"}
    other = Order(order.settings, order.output, order.extras, identity, order.folder)

    with pytest.raises(ClusterUnavailable, match="another model"):
        SliceWorker(other)


def test_secrets_do_not_travel() -> None:
    settings = Settings(database="postgresql://user:password@host/name")

    assert "password" not in repr(settings_for(settings))
    assert not {"secret_key", "database"} & settings_for(settings).keys()
