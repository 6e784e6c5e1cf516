"""Results of the other kind in a folder: of one machine, or of a cluster.

Neither can go on with the other's records, and both would write to the same files.
"""

from pathlib import Path

from alzer.cli.shards import RECORDS
from alzer.errors import InvalidRequest


def refuse_those_of_a_cluster(folder: Path) -> None:
    """Refuse a folder that `--backend` has written records to.

    Args:
        folder: Where results are to go; it may not be there.

    Raises:
        InvalidRequest: It holds such records.
    """
    if any((folder / RECORDS).rglob("part-*")):
        message = (
            "The folder holds results of a cluster. Go on with --backend, or choose "
            "another folder with --output."
        )
        raise InvalidRequest(message)


def refuse_those_of_one_machine(folder: Path) -> None:
    """Refuse a folder that a call without `--backend` has written records to.

    Args:
        folder: Where results are to go; it may not be there.

    Raises:
        InvalidRequest: It holds such records.
    """
    if any(folder.glob("predictions.*")):
        message = (
            "The folder holds results of a call without --backend. Go on without it, "
            "or choose another folder with --output."
        )
        raise InvalidRequest(message)
