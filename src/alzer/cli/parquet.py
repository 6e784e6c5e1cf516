"""Records as Parquet: columns that queries need, and each record whole."""

import io
import json
from collections.abc import Mapping, Sequence
from typing import Any, Final

import pyarrow as pa
import pyarrow.parquet as pq

from alzer.classes import CLASS_NAMES
from alzer.cli.records import Record

_RECORD: Final = "record"

_TEXTS: Final = (
    "input", "kind", "prediction", "unreliable_reason", "headline", "heatmap",
    "evidence_nifti", "participant", "session", "content_sha256", "model_sha256",
    "settings_sha256",
)  # fmt: skip
_LISTS: Final = ("possible_classes", "warnings")

# The same for every shard, whatever is in it: else a folder of them can't be read.
SCHEMA: Final = pa.schema(
    [
        *((name, pa.string()) for name in _TEXTS),
        ("reliable", pa.bool_()),
        ("confidence", pa.float64()),
        *((name, pa.float64()) for name in CLASS_NAMES),
        *((name, pa.list_(pa.string())) for name in _LISTS),
        ("error_code", pa.string()),
        ("error_message", pa.string()),
        (_RECORD, pa.string()),
    ]
)


def encode(records: Sequence[Record]) -> bytes:
    """Write records as one Parquet file.

    Args:
        records: As `alzer predict` makes them.

    Returns:
        The file; the column `record` holds each as the line of JSON that it is.
    """
    table = pa.Table.from_pylist(list(map(_row, records)), schema=SCHEMA)
    file = io.BytesIO()
    pq.write_table(table, file, compression="zstd")
    return file.getvalue()


def decode(content: bytes) -> list[str]:
    """Read what `encode` has written.

    Args:
        content: The file.

    Returns:
        Each record, as a line of JSON.

    Raises:
        ValueError: It is no such file.
    """
    try:
        table = pq.read_table(io.BytesIO(content), columns=[_RECORD])
    except (pa.ArrowException, OSError) as error:
        message = "no Parquet file of records"
        raise ValueError(message) from error
    return [str(line) for line in table[_RECORD].to_pylist()]


def _row(record: Record) -> Mapping[str, Any]:
    shares = record.get("class_probabilities") or {}
    error = record.get("error") or {}
    return {
        **{name: _as_unicode(record.get(name)) for name in _TEXTS},
        **{name: record.get(name) for name in ("reliable", "confidence", *_LISTS)},
        **{name: shares.get(name) for name in CLASS_NAMES},
        "error_code": error.get("code"),
        "error_message": error.get("message"),
        _RECORD: json.dumps(record, allow_nan=False),
    }


def _as_unicode(text: str | None) -> str | None:
    """Return a text that any reader of Parquet takes, as names of files may be none."""
    return None if text is None else text.encode(errors="replace").decode()
