"""What the files are called that hold the results of an input."""

import hashlib
import os
import re
from pathlib import Path
from typing import Final

# File systems allow 255 bytes; this leaves room for hash and suffix.
_LONGEST_STEM_BYTES: Final = 200

# Among a million files named alike, two share these with a chance of 3 in 10^8.
_DIGEST_DIGITS: Final = 16


def heatmap_name(name: str) -> str:
    """Return the file name of an input's heatmap.

    Args:
        name: The input.

    Returns:
        The input's own name, made harmless, and a hash of its whole path.
    """
    return f"{harmless_name(name)}.png"


def harmless_name(name: str) -> str:
    """Return what an input's results are called.

    Args:
        name: The input.

    Returns:
        The input's own name without its suffix, made harmless, and a hash of its
        whole path.
    """
    stem = re.sub(r"\.(nii\.gz|[^.]*)$", "", Path(name).name) or "scan"
    harmless = re.sub(r"[^\w.-]+", "_", stem).encode()[:_LONGEST_STEM_BYTES]
    # Path has no form without links; what lies in a bucket has its whole name.
    whole = name if "://" in name else os.path.abspath(name)  # noqa: PTH100
    digest = hashlib.sha256(os.fsencode(whole)).hexdigest()[:_DIGEST_DIGITS]
    return f"{harmless.decode(errors='ignore')}_{digest}"
