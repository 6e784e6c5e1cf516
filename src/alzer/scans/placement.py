"""Where a NIfTI or MGH slice lies: the file's affine and spacing, if usable.

Convention: both store RAS+ world coordinates (x grows to the right, y to the
front, z to the head).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from nibabel.orientations import aff2axcodes
from nibabel.quaternions import quat2mat
from numpy.typing import NDArray

from alzer.scans.slice import PLAUSIBLE_SPACING_MM

Affine = NDArray[np.float64]
Spacing = tuple[float | None, float | None, float | None]

# A quaternion this much longer than one is rounded (float32 is good to 1e-7, and
# files that were converted repeatedly reach 1e-5); longer ones hold something else.
_ROUNDED_LENGTH: Final = 1e-3

# Two directions are the same up to this angle; rounding stays far below.
_SAME_DIRECTION_DEGREES: Final = 1.0

# The volume of three unit directions below which they are taken as dependent.
_LEAST_VOLUME: Final = 1e-3

# What one unit of length is, by the low three bits of the field xyzt_units.
# Source: nifti1.h, NIFTI_UNITS_METER, _MM and _MICRON.
_UNIT_MM: Final = {1: 1000.0, 2: 1.0, 3: 0.001}
_UNIT_NAMES: Final = {1000.0: "metres", 1.0: "millimetres", 0.001: "microns"}


@dataclass(frozen=True)
class Placement:
    """How a file's three voxel axes lie.

    Attributes:
        affine: float64, shape (4, 4), from (i, j, k, 1) to RAS+ millimetres;
            None where the file does not say, or says nothing usable.
        spacing_mm: Between voxels along i, j and k; None likewise for each.
        notes: What was put right.
        warnings: What could not be believed.
        is_stated: Whether the affine is what the file says: not taken for granted, and
            not contradicted by the file itself.
    """

    affine: Affine | None
    spacing_mm: Spacing
    notes: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    is_stated: bool = True


# Of a file that does not say how its axes lie.
UNPLACED: Final = Placement(None, (None, None, None))


def place_nifti(header: Any) -> Placement:  # noqa: ANN401 - nibabel has no types
    """Return how a NIfTI file's axes lie: by its sform, else its qform.

    Args:
        header: A NIfTI-1 or NIfTI-2 header of nibabel, unchecked.

    Returns:
        In millimetres, whatever the file's unit.
    """
    lengths = _voxel_lengths(header)
    sform, qform = _sform(header), _qform(header, lengths)
    chosen = qform if sform is None else sform
    spacing = lengths if sform is None else _declared_spacing(header)
    unit_mm, notes = _unit_mm(header, spacing)
    if chosen is not None:
        chosen = np.diag([unit_mm] * 3 + [1.0]) @ chosen
    return Placement(
        chosen,
        _each_axis([None if size is None else size * unit_mm for size in spacing]),
        notes=notes,
        warnings=tuple(_doubts(header, sform, qform)),
        is_stated=sform is None or qform is None or _names(sform) == _names(qform),
    )


def usable(affine: Affine) -> Affine | None:
    """Return an affine that gives three directions; None if this one does not.

    Args:
        affine: shape (4, 4), whatever a file holds.

    Returns:
        The same, or with a direction across the slice where only that is missing.
    """
    if not np.isfinite(affine).all():
        return None
    columns = affine[:3, :3]
    lengths = np.linalg.norm(columns, axis=0)
    missing = np.flatnonzero(lengths == 0.0)
    if len(missing) > 1:
        return None
    completed = affine.copy()
    if len(missing):
        first, second = (completed[:3, axis] for axis in range(3) if axis != missing[0])
        completed[:3, missing[0]] = np.cross(first, second) / (
            np.linalg.norm(first) * np.linalg.norm(second)
        )
    directions = completed[:3, :3] / np.linalg.norm(completed[:3, :3], axis=0)
    return completed if abs(np.linalg.det(directions)) > _LEAST_VOLUME else None


def spacing_of(affine: Affine) -> Spacing:
    """Return the distances between voxels along an affine's three axes."""
    return _each_axis([float(size) for size in np.linalg.norm(affine[:3, :3], axis=0)])


def positive(length: float) -> float | None:
    """Return a length without its sign; None if it is no length."""
    return abs(length) if np.isfinite(length) and length != 0.0 else None


def _each_axis(values: list[float | None] | list[float]) -> Spacing:
    first, second, third = values
    return first, second, third


def _is_set(header: Any, code: str) -> bool:  # noqa: ANN401 - as above
    # Anything else is no code: in Analyze 7.5 other fields lie here.
    return 1 <= int(header[code]) <= 5


def _unit_mm(header: Any, spacing: Spacing) -> tuple[float, tuple[str, ...]]:  # noqa: ANN401 - as above
    """Return what the file's unit of length is in mm, and notes on it."""
    unit_mm = _UNIT_MM.get(int(header["xyzt_units"]) & 7, 1.0)
    lengths = [size for size in spacing if size is not None]
    least, most = PLAUSIBLE_SPACING_MM
    # Some programs write millimetres whatever they say.
    declared = all(least <= size * unit_mm <= most for size in lengths)
    if declared or not all(least <= size <= most for size in lengths):
        return unit_mm, ()
    note = (
        f"The file gives lengths in {_UNIT_NAMES[unit_mm]}, by which voxels would be "
        f"{max(lengths) * unit_mm:g} mm long; they were taken as millimetres."
    )
    return 1.0, (note,)


def _voxel_lengths(header: Any) -> Spacing:  # noqa: ANN401 - as above
    return _each_axis([positive(float(size)) for size in header["pixdim"][1:4]])


def _sform(header: Any) -> Affine | None:  # noqa: ANN401 - as above
    if not _is_set(header, "sform_code"):
        return None
    affine = np.eye(4)
    affine[:3] = [header[name] for name in ("srow_x", "srow_y", "srow_z")]
    return usable(affine)


def _declared_spacing(header: Any) -> Spacing:  # noqa: ANN401 - as above
    """Return the lengths of the sform's columns; None where one is zero."""
    rows = [header[name] for name in ("srow_x", "srow_y", "srow_z")]
    sizes = np.linalg.norm(np.asarray(rows, np.float64)[:, :3], axis=0)
    return _each_axis([positive(float(size)) for size in sizes])


def _qform(header: Any, lengths: Spacing) -> Affine | None:  # noqa: ANN401 - as above
    """Compute the affine of the quaternion.

    Source: nifti1.h, 'METHOD 2'.
    """
    vector = np.array([float(header[f"quatern_{part}"]) for part in "bcd"])
    length = float(np.linalg.norm(vector))
    if not _is_set(header, "qform_code") or not length <= 1.0 + _ROUNDED_LENGTH:
        return None
    vector /= max(1.0, length)
    scalar = np.sqrt(max(0.0, 1.0 - float(vector @ vector)))
    affine = np.eye(4)
    affine[:3, :3] = quat2mat([scalar, *vector])  # type: ignore[no-untyped-call]  # nibabel
    affine[:3, :3] *= [size or 1.0 for size in lengths]
    # The first of pixdim is the sign of the third axis; zero means one.
    affine[:3, 2] *= -1.0 if float(header["pixdim"][0]) < 0.0 else 1.0
    origin = np.array([float(header[f"qoffset_{axis}"]) for axis in "xyz"])
    affine[:3, 3] = np.where(np.isfinite(origin), origin, 0.0)
    return affine


def _doubts(
    header: Any,  # noqa: ANN401 - as above
    sform: Affine | None,
    qform: Affine | None,
) -> Iterator[str]:
    for affine, name in ((sform, "sform"), (qform, "qform")):
        if affine is None and _is_set(header, f"{name}_code"):
            yield f"The orientation in the file's {name} is not usable; it was ignored."
    if sform is None:
        if any(float(size) < 0.0 for size in header["pixdim"][1:4]):
            yield "The file gives voxels of negative length; their sign was ignored."
        return
    if qform is not None and _turned_degrees(sform, qform) > _SAME_DIRECTION_DEGREES:
        yield (
            "The file's two descriptions of its orientation (sform and qform) "
            "disagree; the sform was taken."
        )
    pairs = zip(spacing_of(sform), _voxel_lengths(header), strict=True)
    if any(mine and other and abs(mine / other - 1.0) > 0.01 for mine, other in pairs):
        yield (
            "The file's two descriptions of its spacing (sform and pixdim) disagree; "
            "the sform was taken."
        )


def _names(affine: Affine) -> tuple[str | None, ...]:
    """Return where the three axes lead, as letters."""
    return tuple(aff2axcodes(affine))  # type: ignore[no-untyped-call]  # nibabel


def _turned_degrees(first: Affine, second: Affine) -> float:
    """Return the largest angle between the same axis of two affines."""
    units = [affine[:3, :3] / np.linalg.norm(affine[:3, :3], axis=0) for affine in
             (first, second)]  # fmt: skip
    cosines = np.clip((units[0] * units[1]).sum(axis=0), -1.0, 1.0)
    return float(np.degrees(np.arccos(cosines)).max())
