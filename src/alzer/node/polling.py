"""Asking a PACS for new series (QIDO-RS), and fetching what is missing (WADO-RS)."""

import logging
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import partial
from io import BytesIO
from typing import Any, Final

from pydicom.dataset import Dataset

from alzer.errors import StorageUnavailable, TooManyBytes, UnusableScan
from alzer.node.dicomweb import open_client
from alzer.node.instance import facts_of, read_instance
from alzer.node.rules import why_unwanted
from alzer.node.series import Series
from alzer.node.settings import NodeSettings
from alzer.node.spool import Spool
from alzer.scans.quiet import quiet_libraries

logger = logging.getLogger(__name__)

# What is asked for at once, and of all answers to one question.
_PAGE: Final = 200
_MOST: Final = 10_000

# Series, or objects of one, that fail one after the other: then the PACS does.
_MOST_IN_A_ROW: Final = 5

# What the rules ask, and how many images there are.
_FIELDS: Final = (
    "SeriesDescription",
    "ProtocolName",
    "BodyPartExamined",
    "NumberOfSeriesRelatedInstances",
)

# As the object lies in the archive. Source: PS3.18 section 8.7.3.
_AS_STORED: Final = (("application/dicom", "*"),)


class Poller:
    """Brings the series of a PACS into the spool.

    Args:
        settings: Which PACS, and what it is asked.
        spool: Where they go.
        today: Tells the day, in the clock of the PACS.
    """

    def __init__(
        self,
        settings: NodeSettings,
        spool: Spool,
        today: Callable[[], date] = lambda: datetime.now(UTC).astimezone().date(),
    ) -> None:
        self._settings = settings
        self._spool = spool
        self._today = today
        self._client = open_client(settings.pacs or "", settings)
        self._given_up: dict[str, int] = {}
        self._refused = defaultdict[str, set[str]](set)
        self.stopped = False

    def poll(self) -> int:
        """Ask once; called by one thread at a time.

        Returns:
            How many objects came.

        Raises:
            StorageUnavailable: The spool is full.
            Exception: The PACS does not answer, or a series could not be fetched,
                though the others were; what has come is kept.
        """
        fetched, failures = 0, _Failures()
        for found in self._search():
            if self.stopped or failures.are_of_the_pacs:
                break
            if why_unwanted(facts_of(found), self._settings) is not None:
                continue
            with failures.noted(partial(self._tell, found)):
                fetched += self._fetch(found)
        failures.raise_first()
        return fetched

    def _tell(self, found: Dataset, failure: Exception) -> None:
        uids = (str(found.get(f"{one}InstanceUID", "")) for one in ("Study", "Series"))
        told = {"series": self._spool.name_of(*uids), "why": type(failure).__name__}
        logger.warning("a series could not be fetched", extra=told)

    def _search(self) -> Iterator[Dataset]:
        ask = partial(
            self._client.search_for_series,
            fields=_FIELDS,
            search_filters=self._filters(),
        )
        return _pages(ask, "SeriesInstanceUID")

    def _filters(self) -> dict[str, str]:
        last = self._today()
        first = last - timedelta(days=self._settings.pacs_days - 1)
        days = {"StudyDate": f"{first:%Y%m%d}-{last:%Y%m%d}"}
        asked = (one.partition("=") for one in self._settings.pacs_filters)
        return {**days, **{name: value for name, _, value in asked}}

    def _fetch(self, found: Dataset) -> int:
        study, series = str(found.StudyInstanceUID), str(found.SeriesInstanceUID)
        name = self._spool.name_of(study, series)
        known = self._spool.find(name)
        told = int(found.get("NumberOfSeriesRelatedInstances") or 0)
        refused = self._refused[name]
        count = len(refused) + (0 if known is None else count_known(known))
        if told and told <= count:
            self._announce(name, told - len(refused))
            return 0
        if self._is_given_up(name, told):
            return 0
        ask = partial(self._client.search_for_instances, study, series)
        uids = [str(one.SOPInstanceUID) for one in _pages(ask, "SOPInstanceUID")]
        if self._is_given_up(name, len(uids)):
            return 0
        held = refused if known is None else refused.union(known.sizes)
        missing = [
            (study, series, one)
            for one in uids
            if len(uids) > count and self._spool.pseudonyms.of(one) not in held
        ]
        try:
            return self._fetch_all(name, len(uids), missing)
        finally:
            self._announce(name, len(uids) - len(refused))

    def _fetch_all(
        self, name: str, count: int, missing: Iterable[tuple[str, str, str]]
    ) -> int:
        """Bring objects of a series of so many; one that fails keeps no other waiting.

        Returns:
            How many are kept.
        """
        fetched, failures = 0, _Failures()
        for uids in missing:
            if self.stopped or failures.are_of_the_pacs:
                break
            try:
                with failures.noted():
                    fetched += self._fetch_one(uids, self._refused[name])
            except TooManyBytes:
                self._give_up(name, count)
                break
        failures.raise_first()
        return fetched

    def _is_given_up(self, name: str, count: int) -> bool:
        """Return whether a series of so many images is too large to be fetched."""
        if self._given_up.get(name) == count:
            return True
        if count > self._spool.most_files:
            self._give_up(name, count)
            return True
        return False

    def _give_up(self, name: str, count: int) -> None:
        self._given_up[name] = count
        told = {"series": name, "code": TooManyBytes.code, "images": count}
        logger.warning("a series is too large to be fetched", extra=told)

    def _fetch_one(self, uids: tuple[str, str, str], refused: set[str]) -> bool:
        """Bring one object.

        Args:
            uids: Of its study, its series and itself.
            refused: Takes its pseudonym if it can't be kept.

        Returns:
            Whether it is kept.

        Raises:
            TooManyBytes: Its series is too large.
        """
        with quiet_libraries():
            dataset = self._client.retrieve_instance(*uids, media_types=_AS_STORED)
            file = BytesIO()
            dataset.save_as(file, enforce_file_format=True)
        try:
            self._spool.keep(read_instance(file.getvalue()))
        except TooManyBytes:
            raise
        except UnusableScan as refusal:
            refused.add(self._spool.pseudonyms.of(uids[-1]))
            logger.warning("an object was refused", extra={"code": refusal.code})
            return False
        return True

    def _announce(self, name: str, count: int) -> None:
        """Note how many objects of a series the PACS has.

        It may receive the series itself just now: what it says is believed when it
        says so for the second time.
        """
        kept = self._spool.find(name)
        if kept is not None:
            expected = count if kept.state.announced == count else None
            self._spool.change(kept, announced=count, expected=expected)


@dataclass
class _Failures:
    """What could not be fetched: several in a row are the PACS's own failure.

    Attributes:
        first: Of them.
        in_a_row: How many there were one after the other, until now.
    """

    first: Exception | None = None
    in_a_row: int = 0

    @property
    def are_of_the_pacs(self) -> bool:
        return self.in_a_row >= _MOST_IN_A_ROW

    @contextmanager
    def noted(self, tell: Callable[[Exception], None] | None = None) -> Iterator[None]:
        """Go on after a failure of the PACS.

        Raises:
            StorageUnavailable: Nothing can be kept.
            TooManyBytes: The series is too large.
        """
        try:
            yield
        except (StorageUnavailable, TooManyBytes):
            raise
        except Exception as failure:  # noqa: BLE001 - requests' and the client's: many kinds
            self.in_a_row += 1
            self.first = self.first or failure
            if tell is not None:
                tell(failure)
        else:
            self.in_a_row = 0

    def raise_first(self) -> None:
        if self.first is not None:
            raise self.first


def count_known(series: Series) -> int:
    """Return how many objects of a series have come, also if they were deleted since.

    Args:
        series: In the spool.
    """
    return series.state.count if series.state.is_emptied else len(series.sizes)


def _pages(ask: Callable[..., list[dict[str, Any]]], key: str) -> Iterator[Dataset]:
    """Ask until nothing new comes: a PACS has its own limit, and may not know ours.

    Yields:
        What it lists, each once by its key, also where it is listed again because
        something came in between.
    """
    start, seen = 0, set[str]()
    while start < _MOST:
        with quiet_libraries():
            found = ask(limit=_PAGE, offset=start)
            page = [Dataset.from_json(one) for one in found]
        new = {str(one.get(key, "")): one for one in page}
        for known in seen & new.keys():
            del new[known]
        if not new:
            return
        yield from new.values()
        start, seen = start + len(page), seen | new.keys()
