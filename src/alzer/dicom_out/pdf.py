"""Encapsulated PDF: the report for people, in an archive of images."""

from dataclasses import replace
from typing import Final

from highdicom.base import SOPClass
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence
from pydicom.uid import EncapsulatedPDFStorage

from alzer.dicom_out.codes import TITLE
from alzer.dicom_out.equipment import give_context, nobody, own_part
from alzer.dicom_out.references import reference
from alzer.dicom_out.scene import Scene
from alzer.reports.composing import compose
from alzer.reports.pdf import write_pdf

_DOCUMENT_TITLE: Final = "alzer report - not for diagnosis"

# What tells when something was done.
_MOMENTS: Final = frozenset({"Analysed", "Report made"})


def write_document(scene: Scene, *, with_moments: bool = True) -> Dataset:
    """Write the report of an analysis as an Encapsulated PDF.

    Source: PS3.3 section A.45.1 and module C.24.2.

    Args:
        scene: What is known of it.
        with_moments: Whether the report says when it was made.

    Returns:
        The object.

    Raises:
        PdfUnavailable: WeasyPrint, or a library that it needs, is not installed.
    """
    report = compose(scene.told)
    if not with_moments:
        facts = (one for one in report.identity if one.name not in _MOMENTS)
        report = replace(report, identity=tuple(facts))
    content = write_pdf(report)
    document = SOPClass(
        sop_class_uid=EncapsulatedPDFStorage,
        modality="DOC",
        **nobody(scene.series),
        **own_part("pdf", scene),
    )
    document.ConversionType = "WSD"
    # No name of a person is in it but what the scan's own pixels show.
    document.BurnedInAnnotation = "YES" if scene.series.has_burned_in_text else "NO"
    document.AcquisitionDateTime = None
    document.DocumentTitle = _DOCUMENT_TITLE
    document.ConceptNameCodeSequence = Sequence([TITLE])
    document.MIMETypeOfEncapsulatedDocument = "application/pdf"
    document.EncapsulatedDocument = content + b"\0" * (len(content) % 2)
    document.EncapsulatedDocumentLength = len(content)
    if scene.series.images:
        files = [reference(one) for one in scene.series.files]
        document.SourceInstanceSequence = Sequence(files)
    give_context(document, scene.series)
    return document
