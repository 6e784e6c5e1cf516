"""The program of a decoding process: files in, one scan out, again and again.

Run by `pool`, never by hand: it reads requests from its standard input and
answers on its standard output.
"""

import gc
import io
import os
import sys
import warnings
from typing import Any, BinaryIO

from alzer.decoding.messages import (
    HEAD,
    TOO_MUCH,
    pack_refusal,
    pack_slice,
    pack_volume,
)
from alzer.decoding.preload import preload_codecs
from alzer.decoding.requests import Request, unpack_request
from alzer.decoding.sandbox import allow_time, enter_sandbox
from alzer.errors import TooDemanding, UnusableScan
from alzer.scans.formats import read_slice
from alzer.scans.reading import File, read_scan
from alzer.scans.volume import Volume


def main() -> None:
    """Prepare, give everything up, and read files until the service ends."""
    memory_bytes, seconds = int(sys.argv[1]), float(sys.argv[2])
    warnings.simplefilter("ignore")  # they can quote what a file says of a person
    incoming, outgoing = os.fdopen(0, "rb"), os.fdopen(1, "wb")
    preload_codecs()
    gc.freeze()  # what is there stays: later collections are quick
    enter_sandbox(memory_bytes)
    _send(outgoing, pack_ready())
    while (received := _receive(incoming)) is not None:
        allow_time(received[0].seconds or seconds)
        _send(outgoing, _answer(*received))
        del received
        gc.collect()  # cycles of one file must not add to the next


def pack_ready() -> tuple[bytes, Any]:
    """Answer that files can come."""
    return HEAD.pack(2, 0) + b"{}", b""


def _answer(request: Request, contents: list[bytes]) -> tuple[bytes, Any]:
    try:
        return _read(request, contents)
    except UnusableScan as refusal:
        if isinstance(refusal.__cause__, MemoryError):
            return pack_refusal(TooDemanding(TOO_MUCH))
        return pack_refusal(refusal)
    except MemoryError:
        return pack_refusal(TooDemanding(TOO_MUCH))


def _read(request: Request, contents: list[bytes]) -> tuple[bytes, Any]:
    if request.names is None:
        return pack_slice(read_slice(contents[0], request.limits))
    files = map(File, contents, request.names)
    scan = read_scan(files, request.limits, request.series)
    return pack_volume(scan) if isinstance(scan, Volume) else pack_slice(scan)


def _receive(incoming: BinaryIO) -> tuple[Request, list[bytes]] | None:
    head = incoming.read(HEAD.size)
    if len(head) < HEAD.size:
        return None
    text_length, length = HEAD.unpack(head)
    request = unpack_request(incoming.read(text_length))
    lengths = request.lengths or (length,)
    return request, [incoming.read(one) for one in lengths]


def _send(outgoing: io.BufferedWriter | BinaryIO, parts: tuple[bytes, Any]) -> None:
    for part in parts:
        outgoing.write(part)
    outgoing.flush()


if __name__ == "__main__":
    main()
