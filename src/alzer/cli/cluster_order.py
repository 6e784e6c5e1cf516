"""What processes of a cluster are told, the same for all inputs of a call."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from alzer.cli.further_files import Extras
from alzer.errors import ClusterUnavailable
from alzer.settings import Settings

# What of the settings the analysis of a file depends on.
ANALYSIS_SETTINGS: Final = (
    "model", "engine", "precision", "max_upload_bytes", "max_image_pixels",
    "max_volume_voxels", "max_decoded_bytes", "max_scan_files", "max_scan_bytes",
    "max_decoding_bytes", "max_decoding_seconds", "max_volume_seconds",
)  # fmt: skip
_MORE_SETTINGS: Final = ("data_dir", "threads")


@dataclass(frozen=True)
class Order:
    """What is the same for all inputs of a call.

    Attributes:
        settings: Of the analysis, by name.
        output: Where results go.
        extras: What more is written of each analysis.
        identity: Digests of model and settings, as records have them.
        folder: Where the call was made, which its relative names begin at.
    """

    settings: Mapping[str, Any]
    output: str
    extras: Extras
    identity: Mapping[str, str]
    folder: str


def settings_for(settings: Settings) -> Mapping[str, Any]:
    """Return what processes need of the settings; no secrets.

    Args:
        settings: Of the call.

    Returns:
        Values by name.
    """
    return settings.model_dump(include={*ANALYSIS_SETTINGS, *_MORE_SETTINGS})


def enter(folder: str) -> None:
    """Let relative names mean here what they mean where the call was made.

    Args:
        folder: That of the call.

    Raises:
        ClusterUnavailable: The folder of the call is not there.
    """
    try:
        os.chdir(folder)
    except OSError as error:
        message = (
            "The folder of the call is not there on every node. Call from a folder "
            "that all nodes share, and name scans and results on it or by s3://."
        )
        raise ClusterUnavailable(message) from error
