"""The node as people run it, killed wherever it hurts; its PACS is Debian's Orthanc."""

import json
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from nodes import (
    NAME,
    PATIENT,
    ROOT,
    Person,
    RunningNode,
    head_files,
    running_node,
    send,
)
from pacs import Pacs, pacs
from servers import free_port
from waiting import wait_until

# Secondary Capture and Comprehensive SR.
ONE_SET = Counter({"OT": 1, "SR": 1})

FIRST, SECOND = Person(1), Person(2)


@pytest.fixture
def places(tmp_path: Path) -> Path:
    (tmp_path / "pacs").mkdir()
    return tmp_path


def states(node: RunningNode) -> list[dict[str, Any]]:
    """Return the state of each series that has one."""
    paths = (node.folder / "node/series").glob("*/state.json")
    return [json.loads(path.read_bytes()) for path in paths]


def stages(node: RunningNode) -> Counter[str]:
    return Counter(one["stage"] for one in states(node))


def in_stage(node: RunningNode, stage: str, count: int = 1) -> bool:
    assert node.process
    assert node.process.poll() is None, node.said
    return stages(node)[stage] >= count


def killed_while_it_receives(node: RunningNode) -> tuple[int, int]:
    """Return how many images it has promised to keep, and how many it has kept."""
    folder = node.folder / "node/series"

    def kept() -> int:
        return len(list(folder.glob("*/instances/*.dcm")))

    with ThreadPoolExecutor(1) as sender:
        told = sender.submit(send, node.port, head_files(FIRST), patience_s=5.0)
        wait_until(lambda: kept() > 10)
        node.kill()
        promised = told.result().count(0)
    return promised, kept()


def check_nothing_tells_who(node: RunningNode) -> None:
    for secret in (NAME, PATIENT, ROOT, "MPRAGE"):
        assert secret not in node.said
        assert secret not in json.dumps(states(node))
        assert not [one for one in node.folder.rglob("*") if secret in str(one)]


def test_killed_while_it_receives_analyses_and_sends_it_sends_one_set(
    places: Path, bundle_path: Path
) -> None:
    """Killed four times, with two series on their way."""
    archive = Pacs(free_port(), free_port())
    with running_node(places, bundle_path, archive.dicomweb, quiet_seconds=12) as node:
        promised, kept = killed_while_it_receives(node)
        node.start()
        both = zip(head_files(FIRST), head_files(SECOND), strict=True)
        statuses = send(node.port, [one for pair in both for one in pair])
        wait_until(lambda: in_stage(node, "analysing"), 300)
        node.kill()
        node.start()
        # Nobody takes results yet: both wait for that.
        wait_until(lambda: in_stage(node, "sending", 2), 600)
        node.kill()
        with pacs(places / "pacs", archive):
            node.start()
            wait_until(lambda: archive.modalities(FIRST.study), 300)
            node.kill()
            node.start()
            wait_until(lambda: in_stage(node, "done", 2), 300)
            sets = [archive.modalities(one.study) for one in (FIRST, SECOND)]
            code = node.stop()

    assert 10 <= promised <= kept < len(head_files(FIRST))
    assert set(statuses) == {0}
    assert sets == [ONE_SET, ONE_SET]
    assert code == 0
    check_nothing_tells_who(node)


@pytest.fixture
def archive_at(places: Path) -> Iterator[Pacs]:
    with pacs(places / "pacs") as running:
        yield running


def test_a_pacs_is_asked_and_gets_its_answer_and_its_refusals(
    places: Path, bundle_path: Path, archive_at: Pacs
) -> None:
    """One series of a head, one localiser, one that no rule wants."""
    localiser = {"ImageType": "ORIGINAL\\PRIMARY\\LOCALIZER"}
    archive_at.store(head_files(FIRST))
    archive_at.store(head_files(SECOND, **localiser)[:12])
    archive_at.store(head_files(Person(3, "T1 secret knee"))[:12])
    settings = {
        "pacs": archive_at.dicomweb,
        "pacs_seconds": 1,
        "pacs_filters": "Modality=MR,StudyDate=20200131",
        "not_series": "*knee*",
        "refusal_report": True,
        "results": "report",
        "dicom_port": 0,
        "quiet_seconds": 600,
    }
    to = f"dicom://PACS@127.0.0.1:{archive_at.dicom_port}"
    with running_node(places, bundle_path, to, **settings) as node:
        wait_until(lambda: in_stage(node, "done"), 600)
        wait_until(lambda: in_stage(node, "failed"), 300)
        found = [archive_at.modalities(Person(one).study) for one in (1, 2, 3)]
        reasons = {one["reason"] for one in states(node)}
        code = node.stop()
        said = node.said

    assert [one["SR"] for one in found] == [1, 1, 0]
    assert reasons == {None, "unsupported_variant"}
    assert code == 0
    for secret in (NAME, PATIENT, ROOT, "knee"):
        assert secret not in said
