"""The program of a decoding process: one file in, one slice out, again and again.

Run by `pool`, never by hand: it reads requests from its standard input and
answers on its standard output.
"""

import gc
import io
import json
import os
import sys
import warnings
from typing import Any, BinaryIO

from alzer.decoding.messages import (
    HEAD,
    TOO_MUCH,
    pack_refusal,
    pack_slice,
    unpack_limits,
)
from alzer.decoding.preload import preload_codecs
from alzer.decoding.sandbox import allow_time, enter_sandbox
from alzer.errors import TooDemanding, UnusableScan
from alzer.scans.formats import read_slice


def main() -> None:
    """Prepare, give everything up, and read files until the service ends."""
    memory_bytes, seconds = int(sys.argv[1]), float(sys.argv[2])
    warnings.simplefilter("ignore")  # they can quote what a file says of a person
    incoming, outgoing = os.fdopen(0, "rb"), os.fdopen(1, "wb")
    preload_codecs()
    gc.freeze()  # what is there stays: later collections are quick
    enter_sandbox(memory_bytes)
    _send(outgoing, pack_ready())
    while (request := _receive(incoming)) is not None:
        allow_time(seconds)
        _send(outgoing, _answer(*request))
        del request
        gc.collect()  # cycles of one file must not add to the next


def pack_ready() -> tuple[bytes, Any]:
    """Answer that files can come."""
    return HEAD.pack(2, 0) + b"{}", b""


def _answer(text: bytes, data: bytes) -> tuple[bytes, Any]:
    try:
        return pack_slice(read_slice(data, unpack_limits(json.loads(text))))
    except UnusableScan as refusal:
        if isinstance(refusal.__cause__, MemoryError):
            return pack_refusal(TooDemanding(TOO_MUCH))
        return pack_refusal(refusal)
    except MemoryError:
        return pack_refusal(TooDemanding(TOO_MUCH))


def _receive(incoming: BinaryIO) -> tuple[bytes, bytes] | None:
    head = incoming.read(HEAD.size)
    if len(head) < HEAD.size:
        return None
    text_length, length = HEAD.unpack(head)
    return incoming.read(text_length), incoming.read(length)


def _send(outgoing: io.BufferedWriter | BinaryIO, parts: tuple[bytes, Any]) -> None:
    for part in parts:
        outgoing.write(part)
    outgoing.flush()


if __name__ == "__main__":
    main()
