"""Volumes have a lane of their own, beside which slices are answered as ever."""

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import anyio
import numpy as np
import pytest

from alzer.analysis import Analysis, analyse
from alzer.backends.backend import Order
from alzer.backends.local import LocalBackend, local_backend
from alzer.cancellation import Cancellation, Cancelled, current
from alzer.errors import NotOneSlice
from alzer.model.engine import Model
from alzer.scans.formats import read_slice
from alzer.scans.middle import middle_slice
from alzer.scans.reading import File
from alzer.scans.slice import Slice
from alzer.scans.volume import Volume
from alzer.settings import Settings
from phantoms import as_nifti, as_png, draw_brain
from served import steps_of

pytestmark = pytest.mark.anyio

SLICE = File(as_png(draw_brain()))
SERIES = tuple(
    File(as_png(draw_brain(spread)), f"{index}.png")
    for index, spread in enumerate([(208, 176)] * 3)
)
VOLUME = File(as_nifti(np.zeros((5, 6, 7), np.uint8)))


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@dataclass
class Heads:
    """Reads files as the planes of a head, and answers for its middle one."""

    model: Model
    seen: list[tuple[tuple[str, ...], str | None]] = field(default_factory=list)
    begun: threading.Event = field(default_factory=threading.Event)
    ends: threading.Event = field(default_factory=threading.Event)
    order: list[str] = field(default_factory=list)

    def read(
        self,
        files: Sequence[File],
        series: str | None,
    ) -> Slice | Volume:
        current().check()
        self.seen.append((tuple(file.name for file in files), series))
        planes = [SLICE.content] * 3 if len(files) == 1 else [f.content for f in files]
        voxels = np.stack([read_slice(plane).pixels for plane in planes], -1)
        return Volume(voxels, np.diag([1.0, -1.0, 1.0, 1.0]), "PNG")

    def analyse(
        self, volume: Volume, on_stage: Callable[[str, float], None]
    ) -> Analysis:
        self.order.append("begun")
        self.begun.set()
        while not self.ends.wait(0.02):
            on_stage("brain", 0.25)
        on_stage("predict", 0.75)
        self.order.append("ended")
        return analyse(middle_slice(volume), self.model)

    def backend(self) -> LocalBackend:
        settings = Settings()
        steps = replace(
            steps_of(self.model, settings),
            needs_isolation=lambda data: not data.startswith(b"\x89PNG"),
            read_scan=self.read,
            analyse_volume=self.analyse,
        )
        return local_backend(steps, 8)


@pytest.fixture
def heads(model: Model) -> Heads:
    return Heads(model)


def order(*files: File, **changes: Any) -> Order:  # noqa: ANN401 - of an order
    return Order(files=files, owner="me", **changes)


async def until(condition: Callable[[], bool]) -> None:
    """Wait for what threads do."""
    while not condition():  # noqa: ASYNC110 - they set no event of the loop's
        await anyio.sleep(0.001)


async def ignore(backend: LocalBackend, given: Order) -> None:
    await backend.analyse(given, lambda _: None)


async def test_the_files_of_a_series_are_read_together(heads: Heads) -> None:
    heads.ends.set()
    given = order(*SERIES, series="2")
    analysis = await heads.backend().analyse(given, lambda analysis: analysis)

    assert heads.seen == [(("0.png", "1.png", "2.png"), "2")]
    assert analysis.timings_ms["read"] > 0.0
    assert analysis.timings_ms["total"] >= analysis.timings_ms["read"]


async def test_one_file_that_holds_a_volume_finds_its_lane(heads: Heads) -> None:
    heads.ends.set()
    backend = heads.backend()
    kinds = [
        await backend.read(order(file), lambda scan: type(scan).__name__)
        for file in (SLICE, VOLUME)
    ]

    assert kinds == ["Slice", "Volume"]


async def test_slices_are_answered_while_a_volume_is_worked_on(heads: Heads) -> None:
    backend = heads.backend()
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(ignore, backend, order(*SERIES))
        await until(heads.begun.is_set)
        for _ in range(3):
            await backend.analyse(order(SLICE), lambda _: heads.order.append("slice"))
        heads.ends.set()

    assert heads.order[:5] == ["begun", "slice", "slice", "slice", "ended"]
    assert backend.capacity.taken == 0


async def test_volumes_are_worked_on_one_after_the_other(heads: Heads) -> None:
    backend = heads.backend()
    async with anyio.create_task_group() as tasks:
        for _ in range(3):
            tasks.start_soon(ignore, backend, order(*SERIES))
        await until(lambda: backend.capacity.taken == 3 and heads.begun.is_set())
        heads.ends.set()

    assert heads.order == ["begun", "ended"] * 3


async def test_a_volume_gives_way_to_slices_between_its_steps(heads: Heads) -> None:
    backend, slice_ends = heads.backend(), threading.Event()
    heads.ends.set()

    async def ask_for_a_slice() -> None:
        def finish(_: Analysis) -> None:
            slice_ends.wait(0.1)
            heads.order.append("slice")

        await backend.analyse(order(SLICE), finish)

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(ask_for_a_slice)
        await until(lambda: not backend.workers.are_idle)
        await backend.analyse(order(*SERIES), lambda _: None)

    assert heads.order == ["begun", "slice", "ended"]


async def test_a_volume_that_is_given_up_ends_at_its_next_step(heads: Heads) -> None:
    backend, cancellation = heads.backend(), Cancellation()

    async def ask() -> None:
        given = order(*SERIES, cancellation=cancellation)
        with pytest.raises(Cancelled):
            await backend.analyse(given, lambda _: None)

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(ask)
        await until(heads.begun.is_set)
        cancellation.cancel()

    assert heads.order == ["begun"]
    assert backend.capacity.taken == 0


async def test_stages_are_told(heads: Heads) -> None:
    heads.ends.set()
    told: list[tuple[str, float]] = []
    given = order(*SERIES, on_stage=lambda *stage: told.append(stage))
    await heads.backend().analyse(given, lambda _: None)

    names = list(dict.fromkeys(stage for stage, _ in told))
    assert names[0] == "read"
    assert names[-1] == "predict"


@pytest.mark.parametrize("files", [SERIES, (VOLUME,)], ids=["series", "volume"])
async def test_where_volumes_are_not_read_they_are_refused(
    model: Model, files: tuple[File, ...]
) -> None:
    backend = local_backend(steps_of(model, Settings()), 8)
    with pytest.raises(NotOneSlice):
        await backend.analyse(order(*files), lambda _: None)
