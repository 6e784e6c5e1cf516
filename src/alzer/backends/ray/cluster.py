"""A cluster of Ray to work on: one of our own on this machine, or one that runs."""

import logging
import os
import re
import secrets
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

import ray

from alzer.errors import ClusterUnavailable, InvalidRequest
from alzer.model.runtimes import usable_cores

_ADDRESS: Final = re.compile(r"ray(://(?P<address>auto|[^\s/:]+:[0-9]{1,5}))?")
_LOCAL: Final = "local"

# Names of files and records travel through the object store, never pixels.
_OBJECT_STORE_BYTES: Final = 128 * 2**20

# Ray gives up after half a minute, which its processes need on a busy machine.
_STARTS: Final = 3

# Source: Ray 2.60, "Usage Stats Collection" and "Token authentication".
_NO_USAGE_STATS: Final = "RAY_USAGE_STATS_ENABLED"
_AUTH_MODE: Final = "RAY_AUTH_MODE"
_AUTH_TOKENS: Final = ("RAY_AUTH_TOKEN", "RAY_AUTH_TOKEN_PATH")

# Ray's own words, which name processes and no inputs, stay in its log files.
_LEVEL_OF_CORE: Final = "RAY_BACKEND_LOG_LEVEL"
_LOGGERS: Final = ("ray", "ray.data", "ray.serve")


def address_of(backend: str) -> str:
    """Return what Ray is told of a cluster.

    Args:
        backend: `ray` for one of our own, `ray://auto` for the one that this machine
            is part of, or `ray://HOST:PORT` with the port of its head.

    Returns:
        Ray's own word for it.

    Raises:
        InvalidRequest: It is none of these.

    Example:
        >>> address_of("ray"), address_of("ray://auto"), address_of("ray://head:6379")
        ('local', 'auto', 'head:6379')
    """
    match = _ADDRESS.fullmatch(backend)
    if match is None:
        message = (
            "This is no backend. Give ray for a cluster on this machine, ray://auto "
            "for the one that it is part of, or ray://HOST:PORT."
        )
        raise InvalidRequest(message)
    return match["address"] or _LOCAL


@contextmanager
def connected(address: str) -> Iterator[int]:
    """Join a cluster for as long as the context lasts; one of our own ends with it.

    A cluster of our own listens with a token that is made for it, shows no dashboard
    and sends no usage statistics.

    Args:
        address: As `address_of` returns it.

    Yields:
        How many cores it has now.

    Raises:
        ClusterUnavailable: It can't be started or reached.
    """
    os.environ[_NO_USAGE_STATS] = "0"
    os.environ.setdefault(_LEVEL_OF_CORE, "fatal")
    for name in _LOGGERS:
        logging.getLogger(name).setLevel(logging.CRITICAL)
    with _own_token(address), _signals_kept():
        _join(address)
    try:
        resources: dict[str, float] = ray.cluster_resources()  # type: ignore[no-untyped-call]
        yield max(1, int(resources.get("CPU", 1)))
    finally:
        ray.shutdown()


def _join(address: str) -> None:
    options: dict[str, Any] = {}
    if address == _LOCAL:
        options = {
            "include_dashboard": False,
            "num_cpus": usable_cores(),
            "object_store_memory": _OBJECT_STORE_BYTES,
        }
    starts = _STARTS if address == _LOCAL else 1
    for left in reversed(range(starts)):
        try:
            ray.init(
                address=address,
                log_to_driver=False,
                logging_level=logging.CRITICAL,
                **options,
            )
        except Exception as error:  # Ray raises Exception itself, too
            ray.shutdown()
            if not left:
                message = (
                    "The cluster can't be started or reached. Check its address, and "
                    "that RAY_AUTH_MODE and RAY_AUTH_TOKEN are those of the cluster."
                )
                raise ClusterUnavailable(message) from error
        else:
            return


@contextmanager
def _own_token(address: str) -> Iterator[None]:
    """Let a cluster of our own have a token that nobody else knows.

    Ray would write one to the home folder, and leave it there.
    """
    if address != _LOCAL:
        yield
        return
    names = (_AUTH_MODE, *_AUTH_TOKENS)
    before = {name: os.environ.pop(name) for name in names if name in os.environ}
    # Ray turns token mode on for a cluster of one machine where no mode is set.
    os.environ["RAY_AUTH_TOKEN"] = secrets.token_hex(32)
    try:
        yield
    finally:
        for name in () if ray.is_initialized() else names:
            os.environ.pop(name, None)
        if not ray.is_initialized():
            os.environ.update(before)


@contextmanager
def _signals_kept() -> Iterator[None]:
    """Keep Ray from taking SIGTERM, which ends a call in order."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.getsignal(signal.SIGTERM)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
