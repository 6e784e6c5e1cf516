"""What is kept of an analysis so that it can be explained again without the scan.

One file per analysis, NumPy's .npz: logits, maps and prepared inputs of its slices, and
where these lie on the slice in its standard view. Maps are float32, so that they still
add up to the logits; inputs are float16. Of a whole head the files that its answer
refers to are in it, too.
"""

import io
import json
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from alzer.explain.gradcam import grad_cam
from alzer.explain.slice_maps import SliceMaps
from alzer.model.evidence import SliceEvidence
from alzer.model.geometry import Geometry
from alzer.scans.orientation import StandardView

# Of the arrays and their meaning; raised when they change. Format 2 had maps in
# float16, no spacing and no manifest.
FORMAT: Final = 3

# What the names of arrays begin with that hold files; format 1 had none.
_FILE: Final = "file:"

_UNREADABLE: Final = "The evidence that was kept can't be read."


class UnreadableEvidence(ValueError):
    """The file is not one that this version, or an earlier one, has written."""


@dataclass(frozen=True)
class KeptEvidence:
    """What a network gave for the slices of one analysis.

    Attributes:
        slices: One per input of the network, in their order; inputs as float16 holds
            them.
        pixel_aspect: Of the standard view: distance between its rows over distance
            between its columns.
        spacing_mm: Distance between rows and between columns of the standard view;
            None where the scan does not tell.
        files: By name, what is handed out as it is.
        manifest: What is said of the analysis in its bundle, as plain values; None
            where an earlier version kept it.
    """

    slices: tuple[SliceEvidence, ...]
    pixel_aspect: float = 1.0
    spacing_mm: tuple[float, float] | None = None
    files: Mapping[str, bytes] = field(default_factory=dict)
    manifest: Mapping[str, Any] | None = None

    def maps(self, index: int = 0) -> SliceMaps:
        """Return what the maps of a slice are drawn from.

        Args:
            index: Of the slice.

        Raises:
            IndexError: There is no such slice.
        """
        return SliceMaps(self.slices[index], self.pixel_aspect, self.spacing_mm)

    def heat(self, label: int, index: int = 0) -> NDArray[np.float32] | None:
        """Return the Grad-CAM of one class, drawn on a slice as people see it.

        Args:
            label: Index of the class.
            index: Of the slice.

        Returns:
            shape (row, column), 0 to 1, of the size of the slice's picture; None if
            no region speaks for the class.
        """
        one = self.slices[index]
        cells = grad_cam(one.maps, label)
        if cells is None:
            return None
        heat = one.geometry.paint(cells)
        shown = StandardView(heat, self.pixel_aspect).for_display(heat)
        return np.asarray(np.clip(shown, 0.0, 1.0), np.float32)


def pack_evidence(evidence: KeptEvidence) -> bytes:
    """Return the content of the file.

    Args:
        evidence: Of at least one slice; all of one size.

    Returns:
        A .npz file without pickles.
    """
    file = io.BytesIO()
    kept: dict[str, Any] = {**evidence_arrays(evidence)}
    for name, content in evidence.files.items():
        kept[_FILE + name] = np.frombuffer(content, np.uint8)
    if evidence.manifest is not None:
        text = json.dumps(evidence.manifest, allow_nan=False)
        kept["manifest"] = np.frombuffer(text.encode(), np.uint8)
    np.savez(
        file,
        format=np.int32(FORMAT),
        pixel_aspect=np.float64(evidence.pixel_aspect),
        spacing_mm=np.array(evidence.spacing_mm or (), np.float64),
        **kept,
    )
    return file.getvalue()


def evidence_arrays(evidence: KeptEvidence) -> dict[str, NDArray[Any]]:
    """Return what is kept of the slices as arrays.

    Args:
        evidence: Of at least one slice; all of one size.

    Returns:
        `logits` of shape (slice, class), `maps` (slice, class, row, column), `inputs`
        (slice, row, column) in float16, and `places` (slice, number).
    """
    slices = evidence.slices
    return {
        "logits": np.stack([one.logits for one in slices]),
        "maps": np.stack([one.maps for one in slices]).astype(np.float32),
        "inputs": np.stack([one.pixels for one in slices]).astype(np.float16),
        "places": np.stack([_pack_geometry(one.geometry) for one in slices]),
    }


def unpack_evidence(content: bytes) -> KeptEvidence:
    """Read what was kept.

    Args:
        content: As `pack_evidence` gave it.

    Returns:
        The evidence.

    Raises:
        UnreadableEvidence: It is damaged, or of a newer version.
    """
    try:
        with np.load(io.BytesIO(content)) as arrays:
            found = {name: arrays[name] for name in arrays.files}
        if int(found["format"]) > FORMAT:
            raise UnreadableEvidence
        return _from_arrays(found)
    except (EOFError, OSError, KeyError, ValueError, zipfile.BadZipFile) as error:
        raise UnreadableEvidence(_UNREADABLE) from error


def unpack_file(content: bytes, name: str) -> bytes | None:
    """Read one of the files that were kept, and nothing else.

    Args:
        content: As `pack_evidence` gave it.
        name: Of the file.

    Returns:
        The file; None if there is none of that name.

    Raises:
        UnreadableEvidence: What was kept is damaged.
    """
    try:
        with np.load(io.BytesIO(content)) as arrays:
            key = _FILE + name
            return arrays[key].tobytes() if key in arrays.files else None
    except (EOFError, OSError, ValueError, zipfile.BadZipFile) as error:
        raise UnreadableEvidence(_UNREADABLE) from error


def evidence_from_arrays(
    arrays: Mapping[str, NDArray[Any]],
    pixel_aspect: float = 1.0,
    spacing_mm: Sequence[float] | None = None,
) -> KeptEvidence:
    """Return the evidence that arrays hold.

    Args:
        arrays: As `evidence_arrays` gives them.
        pixel_aspect: As `KeptEvidence` has it.
        spacing_mm: Likewise.

    Returns:
        The evidence, without files and manifest.

    Raises:
        KeyError: An array is missing.
        ValueError: They are not of one analysis.
    """
    columns = (arrays[name] for name in ("logits", "maps", "inputs", "places"))
    slices = tuple(
        SliceEvidence(
            logits.astype(np.float32),
            maps.astype(np.float32),
            pixels.astype(np.float32),
            _unpack_geometry(place),
        )
        for logits, maps, pixels, place in zip(*columns, strict=True)
    )
    spacing = tuple(map(float, spacing_mm or ()))
    return KeptEvidence(
        slices, pixel_aspect, (spacing[0], spacing[1]) if spacing else None
    )


def _from_arrays(found: dict[str, NDArray[np.float64]]) -> KeptEvidence:
    files = {
        name.removeprefix(_FILE): content.tobytes()
        for name, content in found.items()
        if name.startswith(_FILE)
    }
    manifest = found.get("manifest")
    spacing = list(found.get("spacing_mm", ()))
    evidence = evidence_from_arrays(found, float(found["pixel_aspect"]), spacing)
    return replace(
        evidence,
        files=files,
        manifest=None if manifest is None else json.loads(manifest.tobytes()),
    )


def _pack_geometry(geometry: Geometry) -> NDArray[np.float64]:
    return np.array(
        [
            geometry.top,
            geometry.left,
            *geometry.scales,
            *geometry.input_shape,
            *geometry.view_shape,
            geometry.turned,
            geometry.cell_stride,
        ],
        np.float64,
    )


def _unpack_geometry(place: NDArray[np.float64]) -> Geometry:
    top, left, down, across, *whole = map(float, place)
    height, width, rows, columns, turned, stride = map(int, whole)
    return Geometry(
        top,
        left,
        (down, across),
        (height, width),
        (rows, columns),
        turned=bool(turned),
        cell_stride=stride,
    )
