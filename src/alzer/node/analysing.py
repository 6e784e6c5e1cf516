"""From a series that is complete to what is sent of it: one answer for each content."""

import asyncio
import logging
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any, Final

from alzer.analysis import Analysis
from alzer.analysis_bundle import digests_of
from alzer.backends.backend import Backend, Order
from alzer.cancellation import Cancellation, Cancelled
from alzer.dicom_out.objects import Choice, as_file, refusal_object, result_objects
from alzer.errors import (
    AlzerError,
    IncompleteSeries,
    InvalidRequest,
    JobLost,
    StorageUnavailable,
    TooManyBytes,
    UnusableScan,
)
from alzer.node.instance import Instance, digest_of, read_header, read_instance
from alzer.node.rules import why_unwanted
from alzer.node.series import Series
from alzer.node.settings import NodeSettings
from alzer.node.spool import TOO_LARGE, Spool
from alzer.node.states import SeriesState, Stage
from alzer.scans.quiet import quiet_libraries
from alzer.scans.reading import File
from alzer.scans.series.choosing import LEAST_IMAGES

logger = logging.getLogger(__name__)

# Whom the backend counts the node's orders for.
_OWNER: Final = "node"

# Analyses that have ended the process, or failed as nobody foresaw; and readings of
# files that are gone or broken.
_MOST_ATTEMPTS: Final = 3
_PAUSE_S: Final = 5.0

# What a PACS says of a series is believed at the second poll; one may come late.
_POLLS: Final = 2.0

_TOO_FEW: Final = (
    "The series has {count} images; the scan of a whole head has at least "
    f"{LEAST_IMAGES}."
)
_DELETED: Final = (
    "Images came after the {count} files of the series had been deleted. Send the "
    "whole series again."
)
_GIVEN_UP: Final = (
    f"The analysis of the series began {_MOST_ATTEMPTS} times and never ended. The "
    "log says more."
)


@dataclass(frozen=True)
class _Content:
    """All that has come of a series."""

    files: Sequence[bytes]
    instances: Sequence[Instance]
    digest: str

    @property
    def count_images(self) -> int:
        return sum(one.images for one in self.instances)


@dataclass
class Analyst:
    """Analyses one series after the other; used from the event loop's thread.

    Attributes:
        backend: What computes answers.
        spool: Where series come from, and results go.
        settings: What is wanted, and what is made.
        card: Of the model.
    """

    backend: Backend
    spool: Spool
    settings: NodeSettings
    card: Mapping[str, Any]
    _cancellation: Cancellation = field(default_factory=Cancellation)

    def cancel(self) -> None:
        """Give up what is under way; it is taken up again at the next start."""
        self._cancellation.cancel()

    async def work(self) -> bool:
        """Take the series that has been complete for the longest, if there is one.

        Returns:
            Whether there was one.
        """
        series = await asyncio.to_thread(self._begin)
        if series is None:
            return False
        try:
            await self._work(series)
        except Cancelled:
            self._put_back(series, counts=False)
        except StorageUnavailable as failure:
            logger.error(  # noqa: TRY400 - foreseen
                "results can't be kept", extra={"code": failure.code}
            )
            self._put_back(series, counts=False)
            await asyncio.sleep(_PAUSE_S)
        except Exception:
            logger.exception("an analysis failed", extra={"series": series.name})
            self._put_back(series, counts=True)
            await asyncio.sleep(_PAUSE_S)
        return True

    def _begin(self) -> Series | None:
        """Note that an analysis begins: one that ends the process is not repeated."""
        with self.spool.lock:
            for series in self.spool.all():
                if _is_complete(series, self.settings):
                    self.spool.change(series, stage=Stage.waiting)
            # One that is not worked on any more could not be put back.
            stages = {Stage.waiting, Stage.analysing}
            waiting = [s for s in self.spool.all() if s.state.stage in stages]
            for series in waiting[:1]:
                attempts = series.state.attempts + 1
                self.spool.change(series, stage=Stage.analysing, attempts=attempts)
                return series
        return None

    def _put_back(self, series: Series, *, counts: bool) -> None:
        with self.spool.lock:
            attempts = series.state.attempts - (not counts)
            values: dict[str, Any] = {"stage": Stage.waiting, "attempts": attempts}
            if series.state.has_late:
                values |= {"stage": Stage.collecting, "has_late": False}
            self.spool.change(series, **values)

    async def _work(self, series: Series) -> None:
        try:
            content = await asyncio.to_thread(_read, self.spool, series)
        except (StorageUnavailable, UnusableScan) as failure:
            await self._leave(series, failure)
            return
        if self._is_settled(series, content):
            return
        try:
            self._check(series, content)
            files = tuple(map(File, content.files))
            order = Order(owner=_OWNER, files=files, cancellation=self._cancellation)

            def finish(analysis: Analysis) -> None:
                self._finish(series, content, self._objects(analysis, content))

            await self.backend.analyse(order, finish)
        except (UnusableScan, InvalidRequest, JobLost) as refusal:
            await asyncio.to_thread(self._refuse, series, content, refusal)

    async def _leave(self, series: Series, failure: AlzerError) -> None:
        """Try a series that can't be read later, or no more."""
        logger.error(
            "a series can't be read from the spool",
            extra={"series": series.name, "code": failure.code},
        )
        if series.state.attempts < _MOST_ATTEMPTS:
            self._put_back(series, counts=True)
            await asyncio.sleep(_PAUSE_S)
            return
        failed = replace(series.state, stage=Stage.failed, attempts=0)
        self._settle(series, replace(failed, reason=failure.code, ended_at=time.time()))

    def _is_settled(self, series: Series, content: _Content) -> bool:
        """End a series that is not wanted, or that was answered as it is."""
        now, state = time.time(), series.state
        reason = why_unwanted(content.instances[0].facts, self.settings)
        if reason is not None:
            logger.info(
                "a series is not wanted", extra={"series": series.name, "rule": reason}
            )
            values = {"stage": Stage.unwanted, "reason": reason, "ended_at": now}
            self._settle(series, SeriesState(**{**vars(state), **values}))
            return True
        if (again := state.again(content.digest)) is not None:
            logger.info("a series was answered before", extra={"series": series.name})
            self._settle(series, again.ended(now))
            return True
        return False

    def _settle(self, series: Series, state: SeriesState) -> None:
        with self.spool.lock:
            late = series.state.has_late
            self.spool.change(series, **vars(state.anew() if late else state))

    def _check(self, series: Series, content: _Content) -> None:
        """Check what needs no pixels.

        Raises:
            JobLost: Its analysis has ended the node again and again.
            TooManyBytes: Some of its files were not taken.
            IncompleteSeries: It has too few images, or those from before are deleted.
        """
        if series.state.attempts > _MOST_ATTEMPTS:
            raise JobLost(_GIVEN_UP)
        if series.state.is_too_large:
            raise TooManyBytes(TOO_LARGE)
        if len(content.files) < series.state.deleted:
            raise IncompleteSeries(_DELETED.format(count=series.state.deleted))
        count = content.count_images
        if count < LEAST_IMAGES:
            raise IncompleteSeries(_TOO_FEW.format(count=count))

    def _objects(self, analysis: Analysis, content: _Content) -> list[bytes]:
        headers = [read_header(one) for one in content.files]
        with quiet_libraries():
            made = result_objects(
                analysis,
                headers,
                Choice(self.settings.results),
                card=self.card,
                digests=digests_of(content.files),
                made_at=datetime.now(UTC),
            )
            for kind, reason in made.left_out.items():
                logger.info(
                    "an object is left out", extra={"kind": kind, "why": reason}
                )
            return [as_file(one) for one in made.objects]

    def _refuse(self, series: Series, content: _Content, why: AlzerError) -> None:
        logger.warning(
            "a series can't be analysed",
            extra={"series": series.name, "code": why.code, "why": why.message},
        )
        files = []
        if self.settings.refusal_report:
            headers = [read_header(one) for one in content.files]
            with quiet_libraries():
                files = [as_file(refusal_object(why, headers))]
        self._finish(series, content, files, why.code)

    def _finish(
        self,
        series: Series,
        content: _Content,
        files: Sequence[bytes],
        reason: str | None = None,
    ) -> None:
        """Keep what is to be sent, unless more images have come meanwhile."""
        self._cancellation.check()
        told = {"series": series.name, "revision": series.state.revision}
        with self.spool.lock:
            if series.state.has_late:
                logger.info("images came late: the series starts anew", extra=told)
                self._put_back(series, counts=False)
                return
            destinations = self.settings.destinations if files else ()
            state = series.state.sending(destinations, reason)
            state = state.answered(content.digest, len(content.files))
            if not files:
                state = state.ended(time.time())
            self.spool.keep_results(series, files, state)
        if reason is None:
            logger.info("a series is answered", extra={**told, "objects": len(files)})


def _is_complete(series: Series, settings: NodeSettings) -> bool:
    state, quiet_s = series.state, settings.quiet_seconds
    if state.stage is not Stage.collecting or not series.sizes:
        return False
    if state.expected is not None and len(series.sizes) >= state.expected:
        return True
    if state.announced is not None:  # the PACS has to be asked once more
        quiet_s = max(quiet_s, _POLLS * settings.pacs_seconds)
    return time.monotonic() - series.changed_at >= quiet_s


def _read(spool: Spool, series: Series) -> _Content:
    contents = spool.read(series)
    told = [f"{name} {digest_of(content)}" for name, content in contents.items()]
    files = list(contents.values())
    instances = [read_instance(one) for one in files]
    return _Content(files, instances, sha256("\n".join(told).encode()).hexdigest())
