"""How large and how demanding an input may be."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Limits:
    """How large an input may be; checked on headers before pixels are decoded.

    Attributes:
        max_file_bytes: Size of one file as it arrives.
        max_pixels: Rows times columns of one image.
        max_voxels: What all images of one file declare together.
        max_decoded_bytes: What decompression of one file may produce.
        max_files: Files of one scan, or entries of an archive.
        max_scan_bytes: What all files of one scan may have together, unpacked from
            an archive.
    """

    max_file_bytes: int = 100 * 2**20
    max_pixels: int = 40_000_000
    max_voxels: int = 64_000_000
    max_decoded_bytes: int = 512 * 2**20
    max_files: int = 2_000
    max_scan_bytes: int = 512 * 2**20


@dataclass(frozen=True)
class DecodingLimits:
    """What decoding one file may take in its own process.

    Attributes:
        memory_bytes: Address space of the process.
        seconds: Time, waited or computed.
        volume_seconds: The same for all files of a volume together.
    """

    memory_bytes: int = 2 * 2**30
    seconds: float = 20.0
    volume_seconds: float = 60.0
