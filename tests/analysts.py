"""An analyst of the node whose heads have an answer that is known."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from io import BytesIO

import pydicom
import pytest

from alzer.analysis import Analysis
from alzer.backends.local import Steps, local_backend
from alzer.node.analysing import Analyst
from alzer.node.instance import read_instance
from alzer.node.series import Series
from alzer.node.settings import NodeSettings
from alzer.node.spool import Spool
from alzer.scans.reading import read_scan
from alzer.scans.volume import Volume

DESTINATION = "https://pacs.example.org/dicom-web"
SETTINGS = NodeSettings.model_validate(
    {"destinations": DESTINATION, "quiet_seconds": 0.05, "results": "capture,report"}
)


@dataclass
class Bench:
    """An analyst whose heads have an answer that is known."""

    spool: Spool
    answer: Analysis
    settings: NodeSettings = SETTINGS
    count: int = 0
    before: Callable[[], object] = field(default=lambda: None)

    def analyst(self) -> Analyst:
        def analyse_volume(volume: Volume, _: object) -> Analysis:
            self.count += 1
            self.before()
            assert volume.voxels.shape == (115, 133, 66) or volume.voxels.size
            return self.answer

        steps = Steps(
            analyse=lambda _: self.answer,
            read=lambda _: pytest.fail("one file was read alone"),
            read_scan=lambda files, series: read_scan(files, series=series),
            analyse_volume=analyse_volume,
        )
        backend = local_backend(steps, max_waiting=4)
        return Analyst(backend, self.spool, self.settings, {})

    def keep(self, *files: bytes) -> Series:
        for one in files:
            series = self.spool.keep(read_instance(one))
        return series

    def work(self) -> None:
        """Work until nothing is left."""

        async def run() -> None:
            await asyncio.sleep(0.1)
            analyst = self.analyst()
            for _ in range(10):
                await analyst.work()
                await asyncio.sleep(0.06)

        asyncio.run(run())

    def results(self, series: Series) -> list[pydicom.Dataset]:
        return [
            pydicom.dcmread(BytesIO(one)) for one in self.spool.read_results(series)
        ]


def replace_settings(**values: object) -> NodeSettings:
    return NodeSettings.model_validate({**SETTINGS.model_dump(), **values})
