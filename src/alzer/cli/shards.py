"""Records of a cluster's call in shards, each whole, and the ledger that they are.

One process writes them, the one of the call; a shard is never added to. What has a
record is done, and nothing else is.
"""

import json
import secrets
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from functools import partial
from typing import Final

from alzer.cli.extras import load_extra
from alzer.cli.places import Place
from alzer.cli.records import Format, Record
from alzer.errors import InvalidRequest

RECORDS: Final = "records"

# Found again by these.
CONTENT: Final = "content_sha256"
MODEL: Final = "model_sha256"
SETTINGS: Final = "settings_sha256"

# What the end of the process may cost, and how large shards become.
_LONGEST_WAIT_S: Final = 10.0
_LARGEST_SHARD: Final = 1000

_ALTERED: Final = (
    "The earlier records are not as alzer writes them, or another version wrote them. "
    "Choose another folder with --output, or replace them with --overwrite."
)

KINDS: Final = (Format.jsonl, Format.parquet)


def partition_of(record: Record) -> str:
    """Return the folder of a record, as programs that read partitions expect it.

    Example:
        >>> partition_of({"kind": "volume"}), partition_of({"error": {}})
        ('outcome=volume', 'outcome=error')
    """
    return f"outcome={'error' if 'error' in record else record['kind']}"


@dataclass(frozen=True)
class Ledger:
    """What has a record.

    Attributes:
        digests: Of the content, by input.
        inputs: How many records there are of each input.
        failures: How many of all tell of an error.
        identities: Digests of models and settings that the records are of.
    """

    digests: dict[str, str | None] = field(default_factory=dict)
    inputs: Counter[str] = field(default_factory=Counter)
    failures: int = 0
    identities: frozenset[tuple[str, str]] = frozenset()

    def with_record(self, record: Record) -> "Ledger":
        """Return it with one record more; counts are added to in place."""
        self.digests[record["input"]] = record[CONTENT]
        self.inputs[record["input"]] += 1
        identity = frozenset({(record[MODEL], record[SETTINGS])})
        failures = self.failures + ("error" in record)
        return Ledger(self.digests, self.inputs, failures, self.identities | identity)


@dataclass(frozen=True)
class _Shard:
    """Records that wait, and what is written of them.

    Attributes:
        name: Below the place. It stays the same until a write is known to be done, so
            that a repeated one replaces what the one before may have left.
        since: When the first of them came.
        records: All of them; added to in place.
    """

    name: str
    since: float
    records: list[Record] = field(default_factory=list)


class Shards:
    """The shards of a folder of results.

    Args:
        place: The folder.
        kind: How records are written.
        now: Gives seconds; a monotonic clock.
    """

    def __init__(
        self, place: Place, kind: Format, now: Callable[[], float] = time.monotonic
    ) -> None:
        self._place = place
        self._kind = kind
        self._now = now
        self._run = secrets.token_hex(4)
        self._count = 0
        self._waiting: dict[str, _Shard] = {}

    def kinds(self) -> frozenset[Format]:
        """Return how the records that are there are written."""
        names = self._place.names(RECORDS)
        return frozenset(kind for kind in KINDS for name in names if _is(name, kind))

    def read(self) -> Ledger:
        """Read what has a record.

        Returns:
            The ledger.

        Raises:
            InvalidRequest: The shards are not alzer's.
            StorageUnavailable: They can't be read now.
        """
        ledger = Ledger()
        for name in self._names():
            for record in self._records(name):
                ledger = ledger.with_record(record)
        return ledger

    def add(self, record: Record) -> None:
        """Keep a record; it is written with others, some seconds later.

        Args:
            record: With its digests.

        Raises:
            StorageUnavailable: Those before it can't be written.
        """
        partition = partition_of(record)
        if partition not in self._waiting:
            self._waiting[partition] = self._begin(partition)
        waiting = self._waiting[partition].records
        waiting.append(record)
        if len(waiting) >= _LARGEST_SHARD:
            self._write(partition)
        self.write_due()

    def write_due(self) -> None:
        """Write what has waited long enough.

        Raises:
            StorageUnavailable: It can't be written.
        """
        for partition, shard in list(self._waiting.items()):
            if self._now() - shard.since >= _LONGEST_WAIT_S:
                self._write(partition)

    def write_all(self) -> None:
        """Write all that waits.

        Raises:
            StorageUnavailable: It can't be written.
        """
        for partition in list(self._waiting):
            self._write(partition)

    def drop(self, inputs: AbstractSet[str]) -> None:
        """Remove the records of some inputs.

        Args:
            inputs: By name.

        Raises:
            StorageUnavailable: A shard can't be written again.
        """
        if not inputs:
            return
        for name in self._names():
            records = list(self._records(name))
            kept = [one for one in records if one["input"] not in inputs]
            if not kept:
                self._place.remove(name)
            elif len(kept) < len(records):
                self._place.write(name, self._encode(kept))

    def clear(self) -> None:
        """Remove all shards, of any kind.

        Raises:
            StorageUnavailable: One can't be removed.
        """
        for name in self._place.names(RECORDS):
            if any(_is(name, kind) for kind in KINDS):
                self._place.remove(name)

    def _names(self) -> Iterator[str]:
        names = self._place.names(RECORDS)
        return (name for name in names if _is(name, self._kind))

    def _begin(self, partition: str) -> _Shard:
        self._count += 1
        name = f"part-{self._run}-{self._count:06}.{self._kind}"
        return _Shard(f"{RECORDS}/{partition}/{name}", self._now())

    def _write(self, partition: str) -> None:
        shard = self._waiting[partition]
        self._place.write(shard.name, self._encode(shard.records))
        del self._waiting[partition]

    def _encode(self, records: Sequence[Record]) -> bytes:
        if self._kind is Format.parquet:
            return bytes(_parquet().encode(records))
        lines = (json.dumps(one, allow_nan=False) + "\n" for one in records)
        return "".join(lines).encode()

    def _records(self, name: str) -> Iterator[Mapping[str, object]]:
        content = self._place.read(name) or b""
        try:
            lines = (
                _parquet().decode(content)
                if self._kind is Format.parquet
                else content.splitlines()
            )
            for line in lines:
                record = json.loads(line)
                if not {"input", CONTENT, MODEL, SETTINGS} <= record.keys():
                    raise InvalidRequest(_ALTERED)
                yield record
        except (ValueError, AttributeError) as error:
            raise InvalidRequest(_ALTERED) from error


def _is(name: str, kind: Format) -> bool:
    return name.endswith(f".{kind}")


_parquet = partial(load_extra, "cli.parquet", "Writing Parquet", "ray")
