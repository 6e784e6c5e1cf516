"""What headers say of the images that a volume may be made of.

A file holds one image, or as many as it has frames. Nothing of a patient is kept;
the identifiers of series and images are used to tell them apart, and end here.
"""

import hashlib
import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from alzer.errors import (
    DamagedFile,
    NotAnImage,
    TooManyPixels,
    UnsupportedVariant,
)
from alzer.scans.dicom.elements import Frame, frame_of, raw_value
from alzer.scans.dicom.frames import split_frames
from alzer.scans.dicom.geometry import spacing
from alzer.scans.dicom.parsing import ParsedFile, parse
from alzer.scans.dicom.pixel_format import describe
from alzer.scans.series.kinds import Kind, kind_of
from alzer.scans.sizes import check_voxels
from alzer.settings import Limits

# Elements that say when an image was acquired, the most exact ones first.
_DAYS: Final = ("AcquisitionDate", "SeriesDate", "StudyDate")
_HOURS: Final = ("AcquisitionTime", "SeriesTime")
_CLOCK: Final = re.compile(r"(\d\d)(\d\d)(\d\d(?:\.\d+)?)?")

# Diffusion in 64 directions has 5,000. Each frame is described, however small it is.
_MOST_FRAMES: Final = 20_000


@dataclass(frozen=True)
class Image:
    """One image of a series.

    Attributes:
        file: Which of the files holds it.
        frame: Which of the file's frames it is; None if the file has but one image.
        series: The identifier of its series.
        numbers: Of the series, of the image in it; 0 where the file does not say.
        shape: Rows and columns.
        spacing_mm: Between rows and between columns; None if unknown.
        orientation: Directions of growing column and row index, LPS+; None if unknown.
        position_mm: Place of the first pixel's centre, LPS+; None if unknown.
        image_type: The words of ImageType or FrameType.
        echo_ms: Echo time; None if unknown.
        kind: What the image shows, by its header.
        digest: Of the pixels as they lie in the file.
        patient: Tells people apart, and not who they are; 0 if the file doesn't.
        acquired_s: When it was acquired, in seconds from some day on; None if unknown.
    """

    file: int
    frame: int | None
    series: bytes
    numbers: tuple[int, int]
    shape: tuple[int, int]
    spacing_mm: tuple[float, float] | None
    orientation: tuple[float, ...] | None
    position_mm: tuple[float, ...] | None
    image_type: tuple[str, ...]
    echo_ms: float | None
    kind: Kind
    digest: bytes
    patient: int = 0
    acquired_s: float | None = None


def find_images(files: Sequence[bytes], limits: Limits) -> tuple[list[Image], int]:
    """Read the headers of DICOM files.

    Args:
        files: The files; one that repeats another counts once.
        limits: How large each may be once it is inflated, and how many voxels all
            frames of one may have.

    Returns:
        Their images, in the order of the files; and how many files have none.

    Raises:
        NotAnImage: None has any.
        DamagedFile: One of several is damaged.
    """
    images: list[Image] = []
    refusal = NotAnImage("The DICOM files hold no image; send those of one series.")
    seen: set[bytes] = set()
    without = 0
    for number, data in enumerate(files):
        digest = hashlib.sha256(data).digest()
        if digest in seen:
            continue
        seen.add(digest)
        try:
            images += _images_of(number, parse(data, limits), limits)
        except NotAnImage as no_image:  # such as a report, or an index
            refusal, without = no_image, without + 1
        except DamagedFile as damage:
            if len(files) == 1:
                raise
            message = (
                f"One of the {len(files)} DICOM files is cut off or damaged; export "
                "them again, or leave it out if it is not of the scan."
            )
            raise DamagedFile(message) from damage
    if not images:
        raise refusal
    return images, without


def frames_of(parsed: ParsedFile, count: int) -> list[memoryview]:
    """Divide the pixels of a file among its frames.

    Args:
        parsed: The file.
        count: How many frames it declares.

    Returns:
        The pixels of each, neither decoded nor copied.

    Raises:
        DamagedFile: There are fewer.
        UnsupportedVariant: Frames do not begin with a whole byte.
    """
    if count == 1:
        return [parsed.pixels]
    if parsed.has_items:
        return split_frames(parsed.pixels, count)
    form = describe(frame_of(parsed.dataset))
    bits = math.prod(form.shape) * form.samples * form.allocated
    if bits % 8:
        message = (
            "The DICOM file's frames are packed bit by bit; save it with 8 or 16 bits "
            "per value."
        )
        raise UnsupportedVariant(message)
    size = bits // 8
    if len(parsed.pixels) < count * size:
        message = (
            f"The DICOM file declares {count} frames and holds the pixels of "
            f"{len(parsed.pixels) // max(1, size)}; export it again."
        )
        raise DamagedFile(message)
    return [parsed.pixels[place * size : (place + 1) * size] for place in range(count)]


def count_frames(frame: Frame) -> int:
    """Return how many frames a file declares, 1 if it does not say."""
    return max(1, frame.integer("NumberOfFrames") or 1)


def _tell_apart(patient: bytes | None) -> int:
    """Return a number that tells patients apart within this process alone."""
    stripped = (patient or b"").strip(b" \0")
    return hash(stripped) if stripped else 0


def _images_of(file: int, parsed: ParsedFile, limits: Limits) -> Iterator[Image]:
    """Describe the frames of a file.

    Raises:
        TooManyPixels: They are absurdly many.
    """
    first = frame_of(parsed.dataset)
    form, count = describe(first), count_frames(first)
    check_voxels((count, *form.shape), limits)
    if count > _MOST_FRAMES:
        message = f"The DICOM file declares {count} frames; send one volume of a head."
        raise TooManyPixels(message)
    patient = _tell_apart(raw_value(parsed.dataset, "PatientID"))
    for number, pixels in enumerate(frames_of(parsed, count)):
        frame = frame_of(parsed.dataset, number)
        yield Image(
            file,
            number if count > 1 else None,
            raw_value(parsed.dataset, "SeriesInstanceUID") or b"",
            (frame.integer("SeriesNumber") or 0, frame.integer("InstanceNumber") or 0),
            form.shape,
            spacing(frame)[0],
            _finite(frame, "ImageOrientationPatient", 6),
            _finite(frame, "ImagePositionPatient", 3),
            frame.words("FrameType") or frame.words("ImageType"),
            frame.number("EffectiveEchoTime") or frame.number("EchoTime"),
            kind_of(frame),
            hashlib.sha256(pixels).digest(),
            patient,
            _acquired_s(frame),
        )


def _acquired_s(frame: Frame) -> float | None:
    """Return when an image was acquired, for the order of series alone."""
    day, hour = _moment_of(frame)
    clock = _CLOCK.match(hour)
    if clock is None:
        return None
    hours, minutes, seconds = clock.groups()
    since_s = 3600.0 * int(hours) + 60.0 * int(minutes) + float(seconds or 0)
    try:  # where the day was removed, series are taken to be of one day
        days = date.fromisoformat(day).toordinal() if day else 0
    except ValueError:
        return None
    return 86400.0 * days + since_s


def _moment_of(frame: Frame) -> tuple[str, str]:
    """Return the day and the hour as the file writes them; empty where it doesn't.

    Source: PS3.5 section 6.2, DA, TM and DT.
    """
    if whole := "".join(frame.words("AcquisitionDateTime")[:1]):
        return whole[:8], whole[8:]
    day, hour = (
        next((one for name in names for one in frame.words(name)[:1] if one), "")
        for names in (_DAYS, _HOURS)
    )
    return day, hour


def _finite(frame: Frame, keyword: str, count: int) -> tuple[float, ...] | None:
    values = frame.numbers(keyword)[:count]
    return values if len(values) == count and all(map(math.isfinite, values)) else None
