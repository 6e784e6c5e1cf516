"""An analysis as one file that can be replayed: a zip archive of plain arrays.

It holds digests of what was sent, of the model and of what the preparation made of the
scan, the logits and maps of all slices, the overlay, the versions of the software and
what was concluded. Nothing in it is code, no name of a file or a person goes into it,
and the bundle of the same analysis has the same bytes.
"""

import io
import json
import platform
import zipfile
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from functools import cache
from hashlib import sha256
from importlib.metadata import PackageNotFoundError, version
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from alzer import __version__
from alzer.answer import Analysis
from alzer.errors import UnusableBundle
from alzer.explain.kept_evidence import KeptEvidence, evidence_arrays
from alzer.volume_fields import volume_fields

FORMAT: Final = 1

MANIFEST: Final = "manifest.json"
OVERLAY: Final = "overlay.png"
README: Final = "README.txt"

# What an archive may hold once it is unpacked; that of a whole head takes 2 MiB.
_MOST_BYTES: Final = 2**26

# Of millimetres.
_DIGITS: Final = 4

# What else takes part in an answer, by the names of the packages.
_PACKAGES: Final = ("numpy", "pillow", "connected-components-3d")

_ABOUT: Final = """\
An analysis by alzer. Research and education software; not a medical device.

manifest.json   digests of input, model and prepared slices; versions; answer
logits.npy      shape (slice, class)
maps.npy        shape (slice, class, row, column), logit units: the mean of a map and
                the bias of its class are the logit
inputs.npy      shape (slice, row, column): what the network saw
places.npy      where that lies on the picture of each slice
overlay.png     the heatmap over the scan, if there is one

To replay it: alzer verify BUNDLE SCAN
"""

Manifest = Mapping[str, Any]


@dataclass(frozen=True)
class AnalysisBundle:
    """A bundle that was read.

    Attributes:
        manifest: Everything that is said of the analysis, as plain values.
        arrays: By name: logits, maps, inputs and places.
        overlay_png: The heatmap over the scan; None if there is none.
    """

    manifest: Manifest
    arrays: Mapping[str, NDArray[Any]]
    overlay_png: bytes | None


def digests_of(contents: Iterable[bytes]) -> tuple[str, ...]:
    """Return the SHA-256 digests of the files of a scan, in an order of their own.

    Args:
        contents: Of the files, in any order.
    """
    return tuple(sorted(sha256(content).hexdigest() for content in contents))


def describe_analysis(analysis: Analysis, digests: Iterable[str]) -> Manifest:
    """Return what is said of an analysis in its bundle, but for its arrays.

    Args:
        analysis: Of a slice or a whole head.
        digests: SHA-256 of each file of the scan, hexadecimal.

    Returns:
        Plain values.
    """
    return {
        "format": FORMAT,
        "kind": analysis.kind,
        "input": {"sha256": sorted(digests), **_describe_input(analysis)},
        "model": asdict(analysis.model),
        "software": dict(_versions(analysis.model.engine)),
        "answer": _describe_answer(analysis),
        "heatmap_missing_reason": analysis.no_heatmap_reason,
        "head": _describe_head(analysis),
    }


def pack_bundle(
    evidence: KeptEvidence, manifest: Manifest, overlay_png: bytes | None
) -> bytes:
    """Return a bundle.

    Args:
        evidence: Of the analysis.
        manifest: As `describe_analysis` gives it.
        overlay_png: The heatmap over the scan, if there is one.

    Returns:
        A zip archive.
    """
    arrays = evidence_arrays(evidence)
    files = {f"{name}.npy": _as_npy(arrays[name]) for name in _ARRAYS}
    if overlay_png is not None:
        files[OVERLAY] = overlay_png
    told = {
        **manifest,
        "preparation": {"sha256": preparation_digest(arrays)},
        "geometry": {
            "pixel_aspect": evidence.pixel_aspect,
            "spacing_mm": evidence.spacing_mm,
            "cell": evidence.maps().cell_size.text,
        },
        "files": {name: sha256(content).hexdigest() for name, content in files.items()},
    }
    text = json.dumps(told, indent=2, allow_nan=False) + "\n"
    return _as_zip({MANIFEST: text.encode(), README: _ABOUT.encode(), **files})


def read_bundle(content: bytes) -> AnalysisBundle:
    """Read a bundle and check it against its own manifest.

    Args:
        content: The zip archive.

    Returns:
        What it holds.

    Raises:
        UnusableBundle: It is no such archive, damaged, altered, or of a newer version.
    """
    files = _unpack(content)
    try:
        manifest = json.loads(files[MANIFEST])
        listed, newest = dict(manifest["files"]), int(manifest["format"])
    except (KeyError, TypeError, ValueError, RecursionError) as error:
        message = "The file is no bundle of an analysis: it holds no manifest."
        raise UnusableBundle(message) from error
    if newest > FORMAT:
        message = "A newer version of alzer wrote this bundle; verify it with that."
        raise UnusableBundle(message)
    for name, digest in listed.items():
        if sha256(files.get(name, b"")).hexdigest() != digest:
            message = (
                f"The bundle is damaged or was altered: {name} is not what its "
                "manifest says. Get the bundle again."
            )
            raise UnusableBundle(message)
    arrays = {name: _from_npy(files, name, listed) for name in _ARRAYS}
    return AnalysisBundle(
        manifest, arrays, files.get(OVERLAY) if OVERLAY in listed else None
    )


def preparation_digest(arrays: Mapping[str, NDArray[Any]]) -> str:
    """Return a digest of what the preparation made of a scan.

    Args:
        arrays: As `evidence_arrays` gives them.

    Returns:
        SHA-256 of the network's inputs and their places, hexadecimal.
    """
    parts = (np.ascontiguousarray(arrays[name]) for name in ("inputs", "places"))
    return sha256(b"".join(part.tobytes() for part in parts)).hexdigest()


_ARRAYS: Final = ("logits", "maps", "inputs", "places")


def _describe_answer(analysis: Analysis) -> dict[str, Any]:
    prepared, opinion = analysis.preparation, analysis.second_opinion
    possible = analysis.possible_classes
    return {
        "prediction": analysis.prediction,
        "class_probabilities": analysis.class_probabilities,
        "headline": analysis.headline.text,
        "possible_classes": None if possible is None else list(possible),
        "reliable": analysis.reliable,
        "unreliable_reason": analysis.unreliable_reason,
        "warnings": list(analysis.warnings),
        "calibrated": analysis.calibrated,
        "second_opinion": None if opinion is None else asdict(opinion),
        "preparation": None
        if prepared is None
        else {
            "quality": prepared.quality.verdict,
            "reasons": list(prepared.quality.reasons),
        },
    }


def _describe_input(analysis: Analysis) -> dict[str, Any]:
    """Return format, size and spacing of the scan, without a word of its person."""
    if analysis.preparation is not None:
        head = analysis.preparation.volume
        spacing = [round(size, _DIGITS) for size in head.spacing_mm]
        shape = list(head.voxels.shape)
        return {"format": head.source, "shape": shape, "spacing_mm": spacing}
    if not analysis.slices:
        return {}
    scan = analysis.scan
    known = scan.spacing_mm
    spacing_mm = None if known is None else [round(size, _DIGITS) for size in known]
    return {
        "format": scan.format,
        "shape": list(scan.shape),
        "spacing_mm": spacing_mm,
    }


def _describe_head(analysis: Analysis) -> dict[str, Any] | None:
    if analysis.preparation is None:
        return None
    fields = volume_fields(analysis)
    return {
        "leading_slice": fields["leading_slice"],
        "preparation": fields["preparation"],
        "measurements": fields["measurements"],
    }


@cache
def _versions(engine: str) -> dict[str, str]:
    found = {"alzer": __version__, "python": platform.python_version()}
    for name in (*_PACKAGES, engine):
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


def _as_npy(values: NDArray[Any]) -> bytes:
    file = io.BytesIO()
    np.save(file, values)
    return file.getvalue()


def _from_npy(
    files: Mapping[str, bytes], name: str, listed: Mapping[str, str]
) -> NDArray[Any]:
    file = f"{name}.npy"
    try:
        array = np.load(io.BytesIO(files[file] if file in listed else b""))
    except (KeyError, ValueError, EOFError, OSError) as error:
        message = f"The bundle holds no array of {name}. Get the bundle again."
        raise UnusableBundle(message) from error
    return np.asarray(array)


def _as_zip(files: Mapping[str, bytes]) -> bytes:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as entries:
        for name, content in files.items():
            # Without a date, so that equal analyses have equal bundles.
            entries.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED)
    return archive.getvalue()


def _unpack(content: bytes) -> dict[str, bytes]:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as entries:
            if sum(entry.file_size for entry in entries.infolist()) > _MOST_BYTES:
                message = "The bundle unpacks to more than any analysis has."
                raise UnusableBundle(message)
            return {entry.filename: entries.read(entry) for entry in entries.infolist()}
    except (
        zipfile.BadZipFile,
        EOFError,
        OSError,
        ValueError,
        NotImplementedError,
        RuntimeError,
    ) as error:
        message = "The file is no bundle of an analysis: it is no whole zip archive."
        raise UnusableBundle(message) from error
