"""Secrets of the service, and what it signs with them."""

import hashlib
import hmac
import os
import secrets
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from alzer.errors import StorageUnavailable
from alzer.settings import Settings
from alzer.store.permissions import make_folder

KEY_FILE: Final = "secret.key"
_KEY_BYTES: Final = 32


@dataclass(frozen=True)
class Signer:
    """Signs addresses and forms, so that nobody else can make them up.

    Attributes:
        key: Known to this service and its replicas alone.
    """

    key: bytes

    def sign(self, purpose: str, *parts: str) -> str:
        """Compute the signature of some texts.

        Args:
            purpose: What it is good for, and nothing else.
            *parts: What is signed; without line breaks.

        Returns:
            64 hexadecimal digits.
        """
        text = "\n".join((purpose, *parts)).encode()
        return hmac.new(self.key, text, hashlib.sha256).hexdigest()

    def matches(self, signature: str, purpose: str, *parts: str) -> bool:
        """Check whether a signature is ours.

        Args:
            signature: As somebody sent it.
            purpose: As for `sign`.
            *parts: As for `sign`.

        Returns:
            Whether it is.
        """
        return hmac.compare_digest(
            signature.encode("utf-8", "replace"), self.sign(purpose, *parts).encode()
        )

    def heatmap_query(self, name: str, minutes: int) -> str:
        """Return the end of a heatmap's address, good for some time.

        Args:
            name: Of its file.
            minutes: How long.

        Returns:
            From the question mark on.
        """
        expires = str(int(time.time()) + 60 * minutes)
        return f"?expires={expires}&signature={self.sign('heatmap', name, expires)}"

    def opens_heatmap(self, name: str, expires: str, signature: str) -> bool:
        """Check whether an address was signed by us and is still good.

        Args:
            name: Of the heatmap's file.
            expires: From the address.
            signature: Likewise.

        Returns:
            Whether it is.
        """
        if not (expires.isascii() and expires.isdecimal() and len(expires) < 16):
            return False
        is_ours = self.matches(signature, "heatmap", name, expires)
        return is_ours and int(expires) >= time.time()


def open_signer(settings: Settings) -> Signer:
    """Read the key from the settings, or make one that lasts.

    Args:
        settings: The key, or the folder that keeps one.

    Returns:
        The signer.

    Raises:
        StorageUnavailable: If no key can be read or kept.
    """
    if settings.secret_key is not None:
        return Signer(settings.secret_key.get_secret_value().encode())
    if not settings.needs_token:
        return Signer(secrets.token_bytes(_KEY_BYTES))
    path = settings.data_dir / KEY_FILE
    try:
        make_folder(path.parent)
        _make(path)
        return Signer(path.read_bytes())
    except OSError as error:
        message = (
            "The key that signs addresses can't be kept: the data folder is not "
            "writable. Mend that, or set ALZER_SECRET_KEY."
        )
        raise StorageUnavailable(message) from error


def _make(path: Path) -> None:
    partial = path.with_name(f".{path.name}.{os.getpid()}")
    if path.exists():
        return
    descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(secrets.token_bytes(_KEY_BYTES))
    try:
        os.link(partial, path)  # the first of several services wins
    except FileExistsError:
        pass
    finally:
        partial.unlink()
