"""From an analysis to DICOM objects that refer to its scan."""

import io
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from pydicom import dcmwrite
from pydicom.dataset import Dataset

from alzer.answer import Analysis
from alzer.dicom_out import codes
from alzer.dicom_out.capture import write_capture
from alzer.dicom_out.deidentify import deidentify
from alzer.dicom_out.equipment import NOT_FOR_DIAGNOSIS
from alzer.dicom_out.grid import evidence_on_scan, grid_of
from alzer.dicom_out.parametric_map import write_map
from alzer.dicom_out.pdf import write_document
from alzer.dicom_out.report import document, refusal_group, write_report
from alzer.dicom_out.scene import FILE_NAMES, KINDS, Kind, Scene, edges_of
from alzer.dicom_out.series import read_series, series_of_files
from alzer.errors import AlzerError, PdfUnavailable
from alzer.reports.report import NOTICE
from alzer.reports.sources import Source, source_of_analysis

__all__ = [
    "KINDS",
    "Choice",
    "Kind",
    "ResultObjects",
    "as_file",
    "refusal_object",
    "result_objects",
    "write_objects",
]

_NOT_RELIABLE: Final = (
    "The answer can't be relied on, so its evidence is not handed out as a map."
)
_NO_GRID: Final = (
    "Where the evidence lies in the patient is not known: the scan does not say, or it "
    "is not at hand. Name it as the source."
)
_BURNED_IN: Final = (
    "The scan's file says that an identity may be read in its pixels, so no picture of "
    "it goes out without identities."
)
_NO_MAP: Final = "No region of the scan spoke for the predicted class."

# A sequence that files are asked for together.
_IMAGES: Final[tuple[Kind, ...]] = ("capture", "map")

# What shows the scan's own pixels.
_WITH_PIXELS: Final[tuple[Kind, ...]] = ("capture", "pdf")


@dataclass(frozen=True)
class Choice:
    """What is wanted.

    Attributes:
        kinds: Which objects, each once.
        deidentify: Whether identities are removed from what goes out.
    """

    kinds: tuple[Kind, ...] = KINDS
    deidentify: bool = False


@dataclass(frozen=True)
class ResultObjects:
    """The objects of an analysis.

    Attributes:
        by_kind: Those that were written.
        left_out: Why others that were asked for were not, in a sentence.
    """

    by_kind: Mapping[Kind, Dataset]
    left_out: Mapping[Kind, str]

    @property
    def objects(self) -> tuple[Dataset, ...]:
        """All that were written, in the order of `KINDS`."""
        return tuple(self.by_kind.values())

    def files(self) -> Iterator[tuple[str, bytes]]:
        """Return the objects as DICOM files, with their names."""
        for kind, dataset in self.by_kind.items():
            yield FILE_NAMES[kind], as_file(dataset)


def result_objects(
    analysis: Analysis,
    headers: Sequence[Dataset] = (),
    choice: Choice = Choice(),
    digests: Iterable[str] = (),
    **known: Any,  # noqa: ANN401 - as `Source` has them
) -> ResultObjects:
    """Write the objects of an analysis that has just been made.

    Patient, study and frame of reference are those of the source; each object is a
    series of its own in that study. Without headers they are of nobody, in a study of
    their own. Identifiers are new at each call.

    Args:
        analysis: Of a slice, or of a whole head.
        headers: Of the source's files, as pydicom reads them; in any order, and more
            than were analysed.
        choice: What is wanted.
        digests: SHA-256 of each file of the scan, hexadecimal.
        **known: What else is known of it: `card`, `check`, `reference`, `made_at`,
            `analysis_id`; see `alzer.reports.sources.Source`.

    Returns:
        The objects.

    Raises:
        NotTheScan: The headers are not of the scan that was analysed.
    """
    told = source_of_analysis(analysis, digests, **known)
    series = read_series(headers, grid_of(analysis))
    scene = Scene(told, series, evidence_on_scan(analysis), edges_of(analysis))
    return write_objects(scene, choice)


def write_objects(scene: Scene, choice: Choice = Choice()) -> ResultObjects:
    """Write the objects of an analysis, whatever is known of it.

    Args:
        scene: What is known.
        choice: What is wanted.

    Returns:
        The objects, and why some could not be written.
    """
    shows_identity = choice.deidentify and scene.series.has_burned_in_text
    if choice.deidentify:
        scene = scene.anonymous()
    written: dict[Kind, Dataset] = {}
    left_out: dict[Kind, str] = {}
    writers = _writers(scene, choice, written)
    for kind in sorted(choice.kinds, key=_WRITTEN.index):
        hides = shows_identity and kind in _WITH_PIXELS
        made = _BURNED_IN if hides else writers[kind]()
        if isinstance(made, str):
            left_out[kind] = made
        else:
            written[kind] = made
    kinds = [kind for kind in KINDS if kind in written]
    objects = [written[kind] for kind in kinds]
    if choice.deidentify:
        objects = deidentify(objects)
    return ResultObjects(dict(zip(kinds, objects, strict=True)), left_out)


def refusal_object(
    failure: AlzerError,
    headers: Sequence[Dataset],
    choice: Choice = Choice(),
) -> Dataset:
    """Write why a series was not analysed, as a report that refers to it.

    Args:
        failure: What was raised.
        headers: Of the series' files.
        choice: Whether identities are removed; its kinds don't matter.

    Returns:
        A Comprehensive SR without measurements of a person.
    """
    told = Source({"kind": "volume"})
    scene = Scene(told, series_of_files(headers))
    texts = [
        (codes.COMMENT, f"{NOT_FOR_DIAGNOSIS}. {NOTICE}"),
        (codes.COMMENT, "The series was not analysed."),
        (codes.REFUSAL, failure.message),
        (codes.REFUSAL, failure.code),
    ]
    written = document(scene, [refusal_group()], texts)
    return deidentify([written])[0] if choice.deidentify else written


def as_file(dataset: Dataset) -> bytes:
    """Return an object as a DICOM file.

    Source: PS3.10.

    Args:
        dataset: As `result_objects` gives it.
    """
    file = io.BytesIO()
    dcmwrite(file, dataset, enforce_file_format=True)
    return file.getvalue()


# Images first: the report refers to them.
_WRITTEN: Final[tuple[Kind, ...]] = ("capture", "map", "report", "pdf")


def _writers(
    scene: Scene, choice: Choice, written: Mapping[Kind, Dataset]
) -> Mapping[Kind, Callable[[], Dataset | str]]:
    """Return what writes each kind, or says why there is none."""

    def report() -> Dataset:
        return write_report(scene, [written[one] for one in _IMAGES if one in written])

    return {
        "capture": lambda: write_capture(scene),
        "map": lambda: _map(scene),
        "report": report,
        "pdf": lambda: _pdf(scene, choice),
    }


def _map(scene: Scene) -> Dataset | str:
    if scene.is_withheld:
        return _NOT_RELIABLE
    if scene.evidence is None:
        return _NO_GRID
    if not scene.evidence.values.any():
        return _NO_MAP
    return write_map(scene, scene.evidence)


def _pdf(scene: Scene, choice: Choice) -> Dataset | str:
    try:
        return write_document(scene, with_moments=not choice.deidentify)
    except PdfUnavailable as error:
        return error.message
