"""The node as a whole: what receives, fetches, analyses, sends and deletes."""

import asyncio
import logging
import signal
import socket
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

import uvicorn

from alzer.backends.backend import Backend
from alzer.errors import InvalidRequest
from alzer.model.bundle import read_card, shipped_bundle
from alzer.node.analysing import Analyst
from alzer.node.destinations import open_destination
from alzer.node.overview import spool_folder
from alzer.node.polling import Poller
from alzer.node.purging import purge
from alzer.node.receiving import Receiver
from alzer.node.sending import Sender, drop_others
from alzer.node.settings import NodeSettings
from alzer.node.spool import Spool
from alzer.node.stow import Door, create_app
from alzer.node.systemd import notify, watchdog_s
from alzer.node.timeouts import TimeoutProtocol
from alzer.node.tls import server_context
from alzer.settings import Settings, is_loopback
from alzer.store.store import open_store
from alzer.wiring import build_backend

logger = logging.getLogger(__name__)

# How soon a loop that had nothing to do looks again.
_IDLE_S: Final = 0.5
_PURGE_EVERY_S: Final = 60.0

# How long the end waits for connections of STOW-RS.
_GRACE_S: Final = 5

# Connections of STOW-RS; of requests fewer are worked on.
_MOST_CONNECTIONS: Final = 512

# Libraries whose messages can quote what they were sent.
_TALKATIVE: Final = (
    "pynetdicom", "pydicom", "dicomweb_client", "urllib3", "highdicom", "uvicorn",
)  # fmt: skip

_NOWHERE: Final = (
    "The node does not know where results go. Set ALZER_NODE_DESTINATIONS."
)
_NOTHING: Final = (
    "Nothing can come in: set ALZER_NODE_DICOM_PORT, ALZER_NODE_HTTP_PORT or "
    "ALZER_NODE_PACS."
)
_PORT: Final = (
    "Port {port} of {host} can't be used ({reason}). Choose another with "
    "ALZER_NODE_HTTP_PORT."
)


@dataclass(frozen=True)
class Node:
    """What a node consists of.

    Attributes:
        settings: Of the node.
        spool: What has come in and what is to be sent.
        backend: What computes answers; not started.
        analyst: Analyses series.
        senders: One for each destination.
        receiver: Takes objects in by C-STORE; None: nobody does.
        poller: Asks a PACS; None: nobody does.
        server: Takes objects in by STOW-RS; None: nobody does.
    """

    settings: NodeSettings
    spool: Spool
    backend: Backend
    analyst: Analyst
    senders: tuple[Sender, ...]
    receiver: Receiver | None
    poller: Poller | None
    server: uvicorn.Server | None


def build_node(settings: Settings, node: NodeSettings) -> Node:
    """Put a node together; nothing is started or listened on.

    Args:
        settings: Model, engine and limits.
        node: Everything else.

    Returns:
        The node.

    Raises:
        InvalidRequest: The settings don't fit each other, or the spool is in use.
        UnusableModel: The model can't be loaded.
        StorageUnavailable: The spool can't be used.
    """
    if not node.destinations:
        raise InvalidRequest(_NOWHERE)
    if not (node.dicom_port or node.http_port or node.pacs):
        raise InvalidRequest(_NOTHING)
    for name in _TALKATIVE:
        logging.getLogger(name).setLevel(logging.CRITICAL + 1)
    folder = spool_folder(settings, node)
    spool = Spool(folder, settings.limits, node.min_free_bytes)
    drop_others(spool, node.destinations)
    backend = build_backend(settings)
    card = read_card(settings.model or shipped_bundle())
    most = settings.limits.max_file_bytes
    return Node(
        node,
        spool,
        backend,
        Analyst(backend, spool, node, card),
        tuple(
            Sender(one, open_destination(one, node), spool)
            for one in dict.fromkeys(node.destinations)
        ),
        Receiver(node, most, spool.keep) if node.dicom_port else None,
        Poller(node, spool) if node.pacs else None,
        _server(settings, node, spool) if node.http_port else None,
    )


class _Server(uvicorn.Server):
    """A server that leaves signals to the node."""

    def capture_signals(self) -> Any:  # noqa: ANN401 - uvicorn's
        """Leave them alone."""
        return nullcontext()


def _server(settings: Settings, node: NodeSettings, spool: Spool) -> uvicorn.Server:
    admits = None
    if settings.auth == "required" or not is_loopback(node.host):
        tokens = open_store(settings).tokens
        admits = lambda token: tokens.check(token) is not None  # noqa: E731 - one line
    app = create_app(
        Door(
            spool.keep,
            admits,
            settings.limits.max_file_bytes,
            4 * node.max_associations,
        )
    )
    config = uvicorn.Config(
        app,
        host=node.host,
        port=node.http_port,
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        http=partial(  # type: ignore[arg-type]  # made like the class
            TimeoutProtocol, silence_s=node.network_seconds, most=_MOST_CONNECTIONS
        ),
        timeout_graceful_shutdown=_GRACE_S,
    )
    tls = server_context(node)
    if tls is not None:
        config.load()
        config.ssl = tls
    return _Server(config)


async def run(node: Node, ready: Callable[[], object] = lambda: None) -> None:
    """Run a node until SIGTERM or SIGINT comes.

    Args:
        node: As `build_node` gave it.
        ready: Called once it takes objects in.

    Raises:
        InvalidRequest: A port can't be used.
    """
    stop = asyncio.Event()
    with _signals(stop), node.spool:
        node.backend.start()
        try:
            listening = _listen(node)
            if node.receiver is not None:
                node.receiver.start()
            async with asyncio.TaskGroup() as tasks:
                for work in _works(node, stop, listening):
                    tasks.create_task(work)
                ready()
                notify("READY=1")
                await stop.wait()
                notify("STOPPING=1")
                await _end(node)
        finally:
            await asyncio.to_thread(node.backend.stop)


async def _end(node: Node) -> None:
    """End what does not end by itself."""
    node.analyst.cancel()
    if node.poller is not None:
        node.poller.stopped = True
    if node.server is not None:
        node.server.should_exit = True
    if node.receiver is not None:
        await asyncio.to_thread(node.receiver.stop)


def _listen(node: Node) -> socket.socket | None:
    """Open the socket of STOW-RS.

    Raises:
        InvalidRequest: It can't be opened.
    """
    if node.server is None:
        return None
    host, port = node.settings.host, node.settings.http_port
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family)
    except OSError as error:
        message = _PORT.format(port=port, host=host, reason=error.strerror)
        raise InvalidRequest(message) from error


def _works(
    node: Node, stop: asyncio.Event, listening: socket.socket | None
) -> Iterator[Any]:
    """Return what goes on at the same time, each until the end."""
    yield _repeat(stop, node.analyst.work)
    for sender in node.senders:
        yield _repeat(stop, sender.work)
    keep_s = node.settings.keep_hours * 3600.0
    yield _every(stop, _PURGE_EVERY_S, partial(purge, node.spool, keep_s))
    if node.poller is not None:
        yield _every(stop, node.settings.pacs_seconds, node.poller.poll)
    if node.server is not None and listening is not None:
        yield node.server.serve(sockets=[listening])
    if (interval_s := watchdog_s()) is not None:
        yield _every(stop, interval_s, partial(notify, "WATCHDOG=1"))


async def _repeat(stop: asyncio.Event, step: Callable[[], Awaitable[bool]]) -> None:
    """Do steps, one after the other; pause where there was nothing to do."""
    while not stop.is_set():
        try:
            was_busy = await step()
        except Exception:
            logger.exception("unforeseen failure")
            was_busy = False
        if not was_busy:
            await _pause(stop, _IDLE_S)


async def _every(
    stop: asyncio.Event, interval_s: float, step: Callable[[], object]
) -> None:
    """Do something in a thread, at once and then from time to time."""
    while not stop.is_set():
        started = time.monotonic()
        try:
            await asyncio.to_thread(step)
        except Exception as error:  # noqa: BLE001 - a PACS or a disk; tried again
            logger.warning("tried again later", extra={"failure": type(error).__name__})
        await _pause(stop, max(0.0, started + interval_s - time.monotonic()))


async def _pause(stop: asyncio.Event, seconds: float) -> None:
    with suppress(TimeoutError):
        await asyncio.wait_for(stop.wait(), seconds)


@contextmanager
def _signals(stop: asyncio.Event) -> Iterator[None]:
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    try:
        yield
    finally:
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.remove_signal_handler(number)
