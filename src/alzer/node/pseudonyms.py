"""Names for series and images that tell nothing of whose they are.

Without the key nobody can check a guess: identifiers of DICOM are known to many systems
of a hospital, and a plain digest of them would be as good as the identifier.
"""

import hmac
import secrets
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Final

from alzer.node.durable import write_durably

_KEY_FILE: Final = "key"
_KEY_BYTES: Final = 32

# 80 bits: a million series collide with a chance of one in 10**12.
_DIGITS: Final = 20


@dataclass(frozen=True)
class Pseudonyms:
    """Makes the names.

    Attributes:
        key: A secret of this spool alone.
    """

    key: bytes

    def of(self, *identifiers: str) -> str:
        """Return a name, always the same for the same identifiers.

        Args:
            identifiers: Such as the UIDs of a study and a series.

        Returns:
            Twenty hexadecimal digits.
        """
        told = "\0".join(identifiers).encode()
        return hmac.new(self.key, told, sha256).hexdigest()[:_DIGITS]


def open_pseudonyms(folder: Path) -> Pseudonyms:
    """Return the names of a spool; its key is made when it is first asked for.

    Args:
        folder: Of the spool.

    Returns:
        What makes them.
    """
    path = folder / _KEY_FILE
    if not path.exists():
        write_durably(path, secrets.token_bytes(_KEY_BYTES))
    return Pseudonyms(path.read_bytes())
