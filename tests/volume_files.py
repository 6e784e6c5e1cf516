"""Volumes of a head drawn by code, in every format that holds volumes.

The head is a smooth function of the place in the patient, alike in no two directions,
so that a volume on any grid can be compared with what lies at its voxels.
"""

import io
import itertools
import zipfile
from collections.abc import Iterable, Mapping
from typing import Any, Final

import nibabel
import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence
from pydicom.uid import EnhancedMRImageStorage

from alzer.scans.reading import File, read_scan
from alzer.scans.volume import Volume
from dicom_parts import item_of
from phantoms import dicom_dataset, save_dicom

# How far read values may be from the head: they are stored as whole numbers, and
# places with ten digits.
ROUNDING: Final = 0.002

Array = NDArray[np.float64]

SIZES: Final = (20, 24, 18)
SPACING_MM: Final = (9.0, 8.0, 10.0)

# Stored values of the brightest tissue.
TOP: Final = 4000

_LPS: Final = np.diag([-1.0, -1.0, 1.0, 1.0])

# As scanners write them; what is of no use here is left out.
T2: Mapping[str, Any] = {
    "ScanningSequence": "SE", "EchoTime": "98", "RepetitionTime": "5200",
    "InversionTime": None,
}  # fmt: skip
FLAIR = {**T2, "EchoTime": "120", "RepetitionTime": "9000", "InversionTime": "2500"}
PROTON_DENSITY = {**T2, "EchoTime": "12", "RepetitionTime": "3000"}
T2_STAR = {**T2, "ScanningSequence": "GR", "EchoTime": "20", "RepetitionTime": "600"}
STIR = {
    **T2,
    "ScanningSequence": ["SE", "IR"],
    "EchoTime": "30",
    "InversionTime": "160",
}
ECHO_PLANAR = {**T2, "ScanningSequence": "EP", "EchoTime": "30"}
SPIN_ECHO_T1 = {**T2, "EchoTime": "11", "RepetitionTime": "520"}
UNTOLD = {"ScanningSequence": None, "EchoTime": None, "RepetitionTime": None,
          "InversionTime": None}  # fmt: skip

# All orders of axes, each in all directions.
ORIENTATIONS: Final = tuple(
    itertools.product(
        itertools.permutations(range(3)), itertools.product((1, -1), repeat=3)
    )
)


def head_at(points_mm: Array) -> Array:
    """Return a head's intensity at places.

    Args:
        points_mm: shape (..., 3), RAS+; the head is around the origin.

    Returns:
        shape (...), 0 to 1.
    """
    right, front, up = np.moveaxis(points_mm, -1, 0)
    inside = 1.0 - (right / 80.0) ** 2 - (front / 95.0) ** 2 - (up / 75.0) ** 2
    tissue = 0.6 + 0.2 * np.sin(right / 31.0 + 0.4) + 0.15 * np.sin(front / 23.0)
    tissue += 0.1 * np.cos(up / 17.0 + front / 60.0)
    return np.asarray(np.clip(4.0 * inside, 0.0, 1.0) * np.clip(tissue, 0.05, 1.0))


def affine_of(
    order: tuple[int, ...] = (0, 1, 2),
    signs: tuple[int, ...] = (1, 1, 1),
    turn_degrees: float = 0.0,
) -> Array:
    """Return an affine in RAS+ whose grid of `SIZES` is centred on the head.

    Args:
        order: Which patient axis each voxel axis runs along.
        signs: In which direction.
        turn_degrees: By how much the grid is oblique.
    """
    angle = np.radians(turn_degrees)
    turn = np.eye(3)
    turn[1:, 1:] = [[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]]
    affine = np.eye(4)
    affine[:3, :3] = turn @ np.eye(3)[:, order] * signs * SPACING_MM
    affine[:3, 3] = -affine[:3, :3] @ (np.array(SIZES) - 1) / 2.0
    return affine


def sample(affine: Array, sizes: tuple[int, ...] = SIZES) -> Array:
    """Return the head on a grid, shape `sizes`, 0 to 1."""
    indices = np.moveaxis(np.indices(sizes), 0, -1)
    return head_at(indices @ affine[:3, :3].T + affine[:3, 3])


def stored(affine: Array, sizes: tuple[int, ...] = SIZES) -> NDArray[np.int16]:
    """Return the head on a grid as files store it."""
    return np.rint(sample(affine, sizes) * TOP).astype(np.int16)


def error_of(volume: Volume) -> float:
    """Return the largest difference from the head, as a share of `TOP`."""
    expected = sample(volume.affine, volume.voxels.shape)
    return float(np.abs(volume.voxels / TOP - expected).max())


def as_mgh(values: NDArray[Any], affine: Array) -> bytes:
    """Encode as MGH."""
    image = nibabel.MGHImage(values, affine)  # type: ignore[no-untyped-call]  # nibabel
    return bytes(image.to_bytes())


def as_pair(values: NDArray[Any], affine: Array) -> tuple[bytes, bytes]:
    """Encode as NIfTI in two files, the header and the values."""
    image = nibabel.Nifti1Pair(values, affine)  # type: ignore[no-untyped-call]  # nibabel
    header, content = io.BytesIO(), io.BytesIO()
    files = {
        "header": nibabel.FileHolder(fileobj=header),
        "image": nibabel.FileHolder(fileobj=content),
    }
    image.to_file_map(files)  # type: ignore[no-untyped-call]  # nibabel
    return header.getvalue(), content.getvalue()


def slice_elements(affine: Array, number: int) -> dict[str, Any]:
    """Return where one slice lies, as DICOM says it.

    Args:
        affine: Of (column, row, slice), RAS+.
        number: Which slice.
    """
    lps = _LPS @ affine
    columns_mm, rows_mm = np.linalg.norm(lps[:3, :2], axis=0)
    position = lps[:3, 3] + number * lps[:3, 2]
    directions = (*(lps[:3, 0] / columns_mm), *(lps[:3, 1] / rows_mm))
    return {
        "ImageOrientationPatient": [f"{one:.10g}"[:16] for one in directions],
        "ImagePositionPatient": [f"{one:.10g}"[:16] for one in position],
        "PixelSpacing": [f"{rows_mm:.10g}", f"{columns_mm:.10g}"],
    }


def as_series(
    affine: Array, sizes: tuple[int, ...] = SIZES, **elements: object
) -> list[bytes]:
    """Encode as DICOM files, one a slice.

    Args:
        affine: Of (column, row, slice), RAS+.
        sizes: Columns, rows, slices.
        elements: More of each file, by keyword; None leaves one out.

    Returns:
        The files, in the order of the slices.
    """
    return [save_dicom(one) for one in datasets(affine, sizes, **elements)]


def datasets(
    affine: Array, sizes: tuple[int, ...] = SIZES, **elements: object
) -> list[Dataset]:
    """Return the data sets of `as_series`."""
    values = sample(affine, sizes)
    common: dict[str, object] = {
        "SeriesInstanceUID": "1.2.3.77",
        "SeriesNumber": 3,
        "ScanningSequence": ["GR", "IR"],
        "EchoTime": "2.9",
        "RepetitionTime": "2300",
        "InversionTime": "900",
    }
    made = []
    for number in range(sizes[2]):
        places = slice_elements(affine, number)
        pixels = values[:, :, number].T * TOP / 4095.0
        all_elements = {**common, **places, "InstanceNumber": number + 1, **elements}
        present = {name: one for name, one in all_elements.items() if one is not None}
        dataset = dicom_dataset(pixels, **present)
        dataset.SOPInstanceUID = f"1.2.3.77.{number}"
        made.append(dataset)
    return made


def as_enhanced(
    affine: Array, order: Iterable[int] | None = None, **elements: object
) -> bytes:
    """Encode as one file of several frames, with functional groups.

    Args:
        affine: Of (column, row, slice), RAS+.
        order: In which slices come; by default as they lie.
        elements: More of the file, by keyword.

    Returns:
        The file.
    """
    return save_dicom(enhanced_dataset(affine, order, **elements))


def enhanced_dataset(
    affine: Array, order: Iterable[int] | None = None, **elements: object
) -> Dataset:
    """Return the data set of `as_enhanced`."""
    slices = list(range(SIZES[2]) if order is None else order)
    values = sample(affine)[:, :, slices].transpose(2, 1, 0) * TOP
    dataset = dicom_dataset(np.zeros(SIZES[1::-1]), NumberOfFrames=len(slices))
    dataset.SeriesInstanceUID = "1.2.3.78"
    dataset.SOPClassUID = EnhancedMRImageStorage
    dataset.file_meta.MediaStorageSOPClassUID = EnhancedMRImageStorage
    dataset.PixelData = np.rint(values).astype("<u2").tobytes()
    places = [slice_elements(affine, number) for number in slices]
    shared = _group(
        PlaneOrientationSequence=_only(places[0], "ImageOrientationPatient"),
        PixelMeasuresSequence=_only(places[0], "PixelSpacing"),
        MREchoSequence={"EffectiveEchoTime": 3.0},
        MRTimingAndRelatedParametersSequence={"RepetitionTime": 8.0},
    )
    dataset.SharedFunctionalGroupsSequence = Sequence([shared])
    dataset.PerFrameFunctionalGroupsSequence = Sequence([
        _group(PlanePositionSequence=_only(place, "ImagePositionPatient"))
        for place in places
    ])  # fmt: skip
    for keyword, value in elements.items():
        setattr(dataset, keyword, value)
    return dataset


def _only(elements: Mapping[str, Any], keyword: str) -> dict[str, Any]:
    return {keyword: elements[keyword]}


def _group(**macros: Mapping[str, Any]) -> Dataset:
    group = Dataset()
    for keyword, elements in macros.items():
        setattr(group, keyword, Sequence([item_of(**elements)]))
    return group


def as_zip(files: Mapping[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """Put files into a zip archive, by their names in it."""
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", method) as opened:
        for name, content in files.items():
            opened.writestr(name, content)
    return archive.getvalue()


def named(files: Iterable[bytes], form: str = "IM{}") -> dict[str, bytes]:
    """Give files names with their numbers."""
    return {form.format(number): file for number, file in enumerate(files)}


def read_volume(*contents: bytes, series: str | None = None) -> Volume:
    """Read the one volume that files hold."""
    scan = read_scan(map(File, contents), series=series)
    assert isinstance(scan, Volume)
    return scan
