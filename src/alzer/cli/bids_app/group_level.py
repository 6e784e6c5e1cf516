"""All results of a data set together: what `alzer bids ... group` does."""

import json
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from alzer.cli import bids
from alzer.cli.bids_app.derived import RECORD, DerivedDataSet
from alzer.cli.bids_app.run_log import RunLog
from alzer.cli.bids_app.selection import Selection
from alzer.cli.exits import complain
from alzer.errors import DamagedBundle, InvalidRequest
from alzer.model.bundle import read_card, shipped_bundle
from alzer.reports.group.composing import Material, compose_group
from alzer.reports.group.html import write_group_html
from alzer.reports.group.people import Participant, read_participants
from alzer.reports.group.report import Thumbnail
from alzer.reports.group.rows import ScanRow, row_of
from alzer.reports.group.table import write_dictionary, write_table
from alzer.reports.group.thumbnails import shrink
from alzer.settings import Settings

TABLE: Final = "group_alzer.tsv"
DICTIONARY: Final = "group_alzer.json"
REPORT: Final = "group_alzer.html"

_PARTICIPANTS: Final = "participants.tsv"

# Of the pictures of a scan, the first that is there, and what is to be seen on it. No
# heatmap: whether a scan can be used is judged without one.
_PICTURES: Final[Mapping[str, str]] = {
    "planes": "An axial, a coronal and a sagittal plane through the brain of {}.",
    "strip": "The slices of {}, as far as they were prepared.",
}


@dataclass(frozen=True)
class GroupLevel:
    """Writes one table and one report of all results.

    Attributes:
        data_set: Folder of the data set.
        selection: Which images are meant.
        output: The derived data set, with the results.
        settings: Of which the model's card is needed.
    """

    data_set: Path
    selection: Selection
    output: DerivedDataSet
    settings: Settings

    def run(self, log: RunLog) -> None:
        """Write them.

        Args:
            log: Takes how many results there are.

        Raises:
            InvalidRequest: There is no result.
            StorageUnavailable: They can't be written.
        """
        rows = sorted(self._rows(), key=lambda row: (row.participant, row.session))
        if not rows:
            message = (
                "The output folder holds no results. Run the level 'participant' with "
                "the same folders first."
            )
            raise InvalidRequest(message)
        material = Material(rows, self._people(), self._missing(rows), self._card())
        report = compose_group(material, self._draw, datetime.now(UTC))
        self._write(TABLE, write_table(rows))
        self._write(DICTIONARY, write_dictionary(rows))
        self._write(REPORT, write_group_html(report))
        for row in rows:
            log.add(row.record)
        complain(f"{TABLE} and {REPORT} tell of {len(rows)} scans.")

    def _write(self, name: str, text: str) -> None:
        self.output.write(self.output.path / name, text.encode())

    def _rows(self) -> Iterator[ScanRow]:
        folder = self.output.path
        places = [f"sub-*/anat/*_{RECORD}", f"sub-*/ses-*/anat/*_{RECORD}"]
        for path in sorted(path for place in places for path in folder.glob(place)):
            try:
                row = row_of(json.loads(path.read_text("utf-8")))
            except (OSError, ValueError) as error:
                message = (
                    "A result can't be read. Run the level 'participant' again, which "
                    "replaces it."
                )
                raise InvalidRequest(message) from error
            if self.selection.accepts(Path(row.source).name):
                yield row

    def _missing(self, rows: list[ScanRow]) -> int:
        """Count the images that have no result."""
        accepts = self.selection.accepts
        found = bids.find_participants([str(self.data_set)], accepts=accepts)
        images = [image for image in found if image.failure is None]
        known = {row.source for row in rows}
        sources = {bids.source_of(image).rpartition(":")[2] for image in images}
        return len(sources - known)

    def _people(self) -> Mapping[str, Participant]:
        try:
            return read_participants((self.data_set / _PARTICIPANTS).read_text("utf-8"))
        except FileNotFoundError:
            return {}
        except (OSError, ValueError):
            complain(f"{_PARTICIPANTS} can't be read; the report is without it.")
            return {}

    def _card(self) -> Mapping[str, Any]:
        try:
            return read_card(self.settings.model or shipped_bundle())
        except DamagedBundle:
            return {}

    def _draw(self, row: ScanRow) -> Thumbnail | None:
        for field, words in _PICTURES.items():
            name = row.record.get(field)
            if not isinstance(name, str):
                continue
            if field == "strip" and row.is_answered:
                continue  # in the colours of the evidence
            path = (self.output.path / name).resolve()
            if not path.is_relative_to(self.output.path.resolve()):
                continue
            with suppress(OSError):
                if jpeg := shrink(path.read_bytes()):
                    return Thumbnail(jpeg, words.format(row.name), name)
        return None
