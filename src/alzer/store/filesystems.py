"""Where files are: a folder of this machine, or an S3-compatible bucket."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any, Final

from fsspec.core import url_to_fs
from fsspec.implementations.local import LocalFileSystem

from alzer.errors import InvalidRequest, StorageUnavailable

# A request to S3 may take this long, all of it; 5 MB are sent by one request.
_REQUEST: Final = timedelta(seconds=4)
_CONNECTION: Final = timedelta(seconds=2)

# Whole heads have some hundred megabytes.
_LARGE_REQUEST: Final = timedelta(minutes=2)

# A refused connection or an error of the server is tried once more, soon.
_RETRIES: Final = {
    "max_retries": 1,
    "retry_timeout": timedelta(seconds=3),
    "backoff": {
        "init_backoff": timedelta(milliseconds=100),
        "max_backoff": timedelta(milliseconds=500),
        "base": 2,
    },
}

# What the usual AWS_* variables say of the client; options given to obstore
# replace all of them.
_CLIENT_VARIABLES: Final = (
    "allow_http", "allow_invalid_certificates", "proxy_url", "proxy_ca_certificate",
    "proxy_excludes",
)  # fmt: skip


def open_place(url: str) -> tuple[Any, str]:
    """Open a place of files; nothing is touched yet.

    Args:
        url: A folder, or `s3://bucket/prefix`.

    Returns:
        The storage, and the place in it.

    Raises:
        InvalidRequest: If the address is of neither kind, or its driver is missing.
    """
    protocol, separator, rest = url.partition("://")
    if not separator:
        return LocalFileSystem(), url.rstrip("/")
    try:
        return _open_s3(protocol), rest.rstrip("/")
    except (ValueError, ImportError) as error:
        message = (
            "ALZER_FILES is not usable: give a folder, or s3://bucket/prefix with "
            "alzer[s3] installed."
        )
        raise InvalidRequest(message) from error


def open_for_scans(url: str) -> tuple[Any, str]:
    """Open a place of scans or results, of any kind that fsspec knows.

    Unlike what a service keeps, its files may be large, and nobody waits for them.

    Args:
        url: A folder, or an address such as `s3://bucket/prefix`.

    Returns:
        The storage, and the place in it; nothing is touched yet.

    Raises:
        InvalidRequest: If the address is of no kind whose driver is installed.
    """
    protocol, separator, rest = url.partition("://")
    try:
        if not separator:
            return LocalFileSystem(), url
        if protocol == "s3":
            return _open_s3(protocol, _LARGE_REQUEST), rest.rstrip("/")
        files, place = url_to_fs(url)
    except (ValueError, ImportError) as error:
        message = (
            "The address is not usable: give a folder, or s3://bucket/prefix with "
            "alzer[s3] installed."
        )
        raise InvalidRequest(message) from error
    return files, place


def _open_s3(protocol: str, request: timedelta = _REQUEST) -> Any:  # noqa: ANN401 - fsspec has no types
    if protocol != "s3":
        raise ValueError(protocol)
    # Address, region and keys come from the usual AWS_* variables.
    from obstore.fsspec import FsspecStore  # noqa: PLC0415 - an extra

    options: dict[str, Any] = {
        "skip_instance_cache": True,
        "client_options": {
            **{
                name: os.environ[f"AWS_{name.upper()}"]
                for name in _CLIENT_VARIABLES
                if f"AWS_{name.upper()}" in os.environ
            },
            "timeout": request,
            "connect_timeout": _CONNECTION,
        },
        "retry_config": _RETRIES,
    }
    return FsspecStore("s3", **options)


# Why S3 never gives one object though the account is known: not allowed, or archived.
# Source: the list of error codes of Amazon S3's API.
_KEPT_BACK: Final = ("AccessDenied", "InvalidObjectState")


def is_kept_back(error: BaseException) -> bool:
    """Return whether a storage keeps one file back, however often it is asked.

    A key that has run out is another matter: it concerns all files, and can be mended.

    Args:
        error: What the storage has raised.
    """
    is_denied = type(error).__name__ == "PermissionDeniedError"  # obstore's: an extra
    told = str(error)
    return isinstance(error, PermissionError) or (
        is_denied and any(f"<Code>{code}</Code>" in told for code in _KEPT_BACK)
    )


@contextmanager
def reaching(
    message: str = "The stored files can't be reached now. Try again in a moment.",
) -> Iterator[None]:
    """Turn what storages raise, each its own errors, into one.

    Args:
        message: What is said.

    Yields:
        Nothing.

    Raises:
        StorageUnavailable: Something has failed.
    """
    try:
        yield
    except StorageUnavailable:
        raise
    except Exception as error:
        raise StorageUnavailable(message) from error
