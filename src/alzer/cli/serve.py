"""`alzer serve`: the service and its page on one port."""

import asyncio
import socket
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from ipaddress import ip_address
from typing import Final

import typer
import uvicorn

from alzer.cli.exits import FAILURE, complain
from alzer.cli.options import (
    DataDirOption,
    EngineOption,
    HostOption,
    ModelOption,
    PortOption,
    PrecisionOption,
    PublicUrlOption,
    ThreadsOption,
    read_settings,
)
from alzer.errors import InvalidRequest, StorageUnavailable
from alzer.settings import Settings, is_loopback
from alzer.store.store import Store, open_store
from alzer.web.app import create_app, server_config
from alzer.web.logs import configure_logging
from alzer.web.pages import UPLOAD_PATH
from alzer.web.slow_clients import SlowClients
from alzer.wiring import build_service

# Connections that may wait for `accept`; the service's own queue is far shorter.
_BACKLOG: Final = 2048


def serve(  # noqa: PLR0913 - a command's options are its parameters
    *,
    host: HostOption = None,
    port: PortOption = None,
    public_url: PublicUrlOption = None,
    data_dir: DataDirOption = None,
    model: ModelOption = None,
    engine: EngineOption = None,
    precision: PrecisionOption = None,
    threads: ThreadsOption = None,
) -> None:
    """Start the service and the page.

    Every option overrides the setting of the same name; more settings are in the
    documentation. Ctrl-C ends the service.
    """
    settings = read_settings(
        host=host,
        port=port,
        public_url=public_url,
        data_dir=data_dir,
        model=model,
        engine=engine,
        precision=precision,
        threads=threads,
    )
    configure_logging(settings.log_level)
    store = open_store(settings)
    if settings.needs_token:
        _require_token(store)
    app = create_app(build_service(settings, store))
    config = server_config(app, settings)
    # The model is loaded by now: whoever gets a connection gets predictions.
    with listen(settings.host, settings.port) as listening:
        announce = partial(_announce, listening, settings)
        server = AnnouncingServer(config, announce, settings.slow_client_seconds)
        _run(server, listening)


def _require_token(store: Store) -> None:
    try:
        somebody_may_enter = store.tokens.any_valid()
    except StorageUnavailable as error:
        # Nobody gets in until it is back: the service can start without it.
        complain(error.message)
        return
    if not somebody_may_enter:
        message = (
            "This address is not this machine's alone, so the service needs a token to "
            "let anybody in. Make one: alzer tokens create NAME"
        )
        raise InvalidRequest(message)


def _run(server: uvicorn.Server, listening: socket.socket) -> None:
    try:
        server.run(sockets=[listening])
    except KeyboardInterrupt:
        typer.echo("Stopped.")
    if not server.started:
        complain("The service could not start; the lines above say why.")
        raise typer.Exit(FAILURE)


class AnnouncingServer(uvicorn.Server):
    """A server that tells when it answers.

    Args:
        config: How to serve.
        announce: Called once requests are answered.
        slow_client_s: How long a client may be slow.
    """

    def __init__(
        self,
        config: uvicorn.Config,
        announce: Callable[[], None],
        slow_client_s: float = 15.0,
    ) -> None:
        super().__init__(config)
        self._announce = announce
        self._slow = SlowClients(slow_client_s)
        self._watching: asyncio.Task[None] | None = None

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start to answer, then say so.

        Args:
            sockets: Bound sockets to answer on.
        """
        await super().startup(sockets)
        if self.started:
            watch = self._slow.watch(self.server_state.connections)
            self._watching = asyncio.create_task(watch)
            self._announce()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Finish what was accepted, and end.

        Args:
            sockets: That were answered on.
        """
        self._slow.hurry()
        await super().shutdown(sockets)
        if self._watching is not None:
            self._watching.cancel()


def listen(host: str, port: int) -> socket.socket:
    """Open the socket that requests come in by.

    Args:
        host: An address of this machine.
        port: 0 lets the system choose.

    Returns:
        The socket, listening.

    Raises:
        Exit: If it can't be opened; why has been said.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # asyncio sends without delay only where it sees that the protocol is TCP;
    # otherwise every answer on a kept connection takes 40 ms longer.
    listening = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((host, port))
        listening.listen(_BACKLOG)
    except OSError as error:
        listening.close()
        complain(
            f"Port {port} of {host} can't be used ({error.strerror}). "
            "Choose another with --port or ALZER_PORT."
        )
        raise typer.Exit(FAILURE) from error
    return listening


def _announce(listening: socket.socket, settings: Settings) -> None:
    host, port = listening.getsockname()[:2]
    typer.echo(f"alzer is ready: {page_address(settings.public_url, host, port)}")
    if not is_loopback(host) and _needs_a_name(settings):
        typer.echo(
            "Other machines reach it once ALZER_PUBLIC_URL, or ALZER_ALLOWED_HOSTS, "
            "says by which name."
        )
    typer.echo("Research and education software; not a medical device. Ctrl-C ends it.")


def page_address(public_url: str | None, host: str, port: int) -> str:
    """Return the address at which a person opens the page.

    Args:
        public_url: The base that the deployment chose.
        host: Address of the interface that is listened on.
        port: Its port.

    Returns:
        The page's URL.
    """
    if public_url:
        return public_url + UPLOAD_PATH
    with suppress(ValueError):  # a name
        address = ip_address(host)
        if address.is_unspecified:
            host = "127.0.0.1" if address.version == 4 else "::1"
    name = f"[{host}]" if ":" in host else host
    return f"http://{name}:{port}{UPLOAD_PATH}"


def _needs_a_name(settings: Settings) -> bool:
    chosen = Settings.model_fields["allowed_hosts"].default
    return settings.public_url is None and settings.allowed_hosts == chosen
