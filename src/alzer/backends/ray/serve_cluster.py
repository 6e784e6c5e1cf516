"""Joining a Ray cluster, or starting one on this machine.

A cluster runs whatever code its members give it. So only members with its token may
join, and what is started here listens on loopback.
"""

import logging
import os
import secrets
import shutil
import signal
import tempfile
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import ray
from ray import serve
from ray.exceptions import RayError

from alzer.errors import ClusterUnavailable
from alzer.settings import Settings

# Sockets of Unix lie below the folder, and their paths have 107 characters at most
# (unix(7)), of which Ray's own part takes some 75.
_SHORT: Final = 16

# Read by Ray when it starts; what the deployment sets is left.
_ENVIRONMENT: Final[Mapping[str, str]] = {
    "RAY_USAGE_STATS_ENABLED": "0",  # nothing is told to others
    "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0",  # or it warns that this will change
    # A hop between threads less for each call: replicas compute in threads anyway.
    "RAY_SERVE_RUN_USER_CODE_IN_SEPARATE_THREAD": "0",
    "RAY_agent_register_timeout_ms": "120000",  # of its own parts, on a busy machine
}
_MODE, _TOKEN, _TOKEN_PATH = "RAY_AUTH_MODE", "RAY_AUTH_TOKEN", "RAY_AUTH_TOKEN_PATH"

_LOOPBACK: Final = "127.0.0.1"

# Nothing is written for each request, here and by replicas.
LOGGING: Final = {"log_level": "WARNING", "enable_access_log": False}

_UNREACHABLE: Final = (
    "The Ray cluster can't be joined. Check that this machine is one of its nodes "
    "(ray status), that ALZER_RAY_ADDRESS names it, and that its token is right."
)
_UNPROTECTED: Final = (
    "A Ray cluster is joined with its token alone: anybody who reaches one without "
    "tokens can run any code there. Start it with RAY_AUTH_MODE=token, and give its "
    "token by RAY_AUTH_TOKEN or RAY_AUTH_TOKEN_PATH."
)


@dataclass(frozen=True)
class Cluster:
    """A cluster that this process belongs to.

    Attributes:
        folder: Of a cluster that was started here; None of one that was there.
    """

    folder: Path | None

    def leave(self) -> None:
        """Leave it; what was started here ends, and nothing is left of it."""
        if self.folder is not None:
            serve.shutdown()  # type: ignore[no-untyped-call]  # Ray's own
        ray.shutdown()
        if self.folder is not None:
            shutil.rmtree(self.folder, ignore_errors=True)


def join_cluster(settings: Settings) -> Cluster:
    """Join the cluster that settings name, or start one.

    Args:
        settings: Its address, and how many replicas it has to have room for.

    Returns:
        The cluster.

    Raises:
        ClusterUnavailable: It can't be joined, or has no token.
    """
    for name, value in _ENVIRONMENT.items():
        os.environ.setdefault(name, value)
    if os.environ.get(_MODE, "token").lower() != "token":
        raise ClusterUnavailable(_UNPROTECTED)
    if settings.ray_address is None:
        return _start(settings)
    if not _have_token():
        raise ClusterUnavailable(_UNPROTECTED)
    try:
        _init(address=settings.ray_address)
    except (OSError, RuntimeError, ValueError, RayError) as error:
        raise ClusterUnavailable(_UNREACHABLE) from error
    return Cluster(None)


def _have_token() -> bool:
    """Check whether a token is given in one of the ways that Ray knows.

    Source: Ray 2.60, 'Ray token authentication'.
    """
    if os.environ.get(_TOKEN) or os.environ.get(_TOKEN_PATH):
        return True
    return (Path.home() / ".ray" / "auth_token").is_file()


def _start(settings: Settings) -> Cluster:
    if not _have_token():  # this cluster's alone, and on no disk
        os.environ[_TOKEN] = secrets.token_hex(32)
    folder = Path(tempfile.mkdtemp(prefix="alzer-", dir=_short_folder()))
    try:
        _init(
            num_cpus=_cores_for(settings),
            num_gpus=0,
            include_dashboard=settings.ray_dashboard,
            dashboard_host=_LOOPBACK,
            _node_ip_address=_LOOPBACK,
            _temp_dir=str(folder / "ray"),  # Ray opens its own to everybody
        )
    except BaseException:
        Cluster(folder).leave()
        raise
    return Cluster(folder)


def _init(**options: Any) -> None:  # noqa: ANN401 - as Ray has them
    with _own_signals():
        ray.init(
            log_to_driver=False,
            logging_level=logging.WARNING,
            namespace="alzer",
            **options,
        )
    serve.start(
        proxy_location="Disabled",  # requests come to the service, and to nobody else
        logging_config=LOGGING,
    )


@contextmanager
def _own_signals() -> Iterator[None]:
    """Keep what ends this program: Ray puts a handler of its own in its place."""
    is_main = threading.current_thread() is threading.main_thread()
    before = signal.getsignal(signal.SIGTERM)
    try:
        yield
    finally:
        if is_main:
            signal.signal(signal.SIGTERM, before)


def _short_folder() -> str:
    usual = tempfile.gettempdir()
    return usual if len(usual) <= _SHORT else "/tmp"  # noqa: S108  # nosec B108 - the folder in it is private


def _cores_for(settings: Settings) -> int:
    """Return for how many cores there is room: these are counted, not taken."""
    replicas = settings.ray_slices_max + settings.ray_volumes_max
    return replicas * settings.ray_cores
