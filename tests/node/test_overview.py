"""What is told of a spool, beside the node that has it."""

from pathlib import Path

from alzer.node.instance import read_instance
from alzer.node.overview import overview
from alzer.node.spool import Spool
from alzer.node.states import Delivery, Stage
from nodes import Person, head_files


def test_series_are_counted_by_what_has_become_of_them(
    spool: Spool, tmp_path: Path
) -> None:
    first, second, third = (
        spool.keep(read_instance(head_files(Person(number))[0])) for number in (1, 2, 3)
    )
    spool.change(first, stage=Stage.failed, reason="other_contrast")
    tried = Delivery("dicom://PACS@10.0.0.1:104", attempts=2)
    spool.change(second, stage=Stage.sending, deliveries=(tried,))
    found = overview(tmp_path / "spool")

    assert third.state.stage is Stage.collecting
    assert found.stages["collecting"] == found.stages["failed"] == 1
    assert found.stages["done"] == 0
    assert found.reasons == {"other_contrast": 1}
    assert found.undelivered == {tried.destination: 1}


def test_where_no_node_has_been_there_is_nothing(tmp_path: Path) -> None:
    assert sum(overview(tmp_path).stages.values()) == 0
