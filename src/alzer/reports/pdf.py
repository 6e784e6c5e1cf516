"""A report as a tagged PDF, by WeasyPrint where that is installed."""

from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, Final

from PIL import ImageFile

from alzer.errors import PdfUnavailable
from alzer.languages.catalogue import SOURCE
from alzer.reports.html import DENSITIES, write_html
from alzer.reports.report import Report

if TYPE_CHECKING:
    from weasyprint import Document

# Tags tell screen readers what is a heading, a table, a picture.
_VARIANT: Final = "pdf/ua-1"

HOW_TO_GET_PDF: Final = (
    "PDF needs WeasyPrint with Debian's libpango-1.0-0 and libpangoft2-1.0-0: install "
    "alzer's extra 'report' (pip install -c constraints.txt -e '.[report]'). Or print "
    "the report from a browser."
)


def can_write_pdf() -> bool:
    """Return whether WeasyPrint is installed; its libraries may lack all the same."""
    return find_spec("weasyprint") is not None


def write_pdf(report: Report, language: str = SOURCE) -> bytes:
    """Write a report as PDF: its text can be selected, and it is tagged.

    It takes about half a second of one core. Nothing is loaded from anywhere: pictures
    lie in the document.

    Args:
        report: What it says, in English.
        language: In which it is written, as for `write_html`.

    Returns:
        The file, of as many pages as the report may take, unless not even the
        smallest print makes that do.

    Raises:
        PdfUnavailable: WeasyPrint, or a library of the system that it needs, is not
            installed.
    """
    roomy, *smaller = DENSITIES
    document = lay_out(write_html(report, density=roomy, language=language).text)
    for density in smaller:
        if len(document.pages) <= report.pages:
            break
        document = lay_out(write_html(report, density=density, language=language).text)
    return bytes(document.write_pdf(pdf_variant=_VARIANT))


def lay_out(text: str) -> "Document":
    """Lay a document out on pages, and load nothing for it.

    Args:
        text: HTML. What it refers to is left out, but for pictures in the text itself.

    Returns:
        The pages.

    Raises:
        PdfUnavailable: As for `write_pdf`.
    """
    weasyprint = _load()
    fetcher = weasyprint.URLFetcher(allowed_protocols=("data",), allow_redirects=False)
    document: Document = weasyprint.HTML(string=text, url_fetcher=fetcher).render(
        pdf_variant=_VARIANT
    )
    return document


def _load() -> Any:  # noqa: ANN401 - a module, loaded when it is needed
    # It lets Pillow read damaged pictures, in all of the process: scans must not be.
    before = ImageFile.LOAD_TRUNCATED_IMAGES
    try:
        return import_module("weasyprint")
    except (ImportError, OSError) as error:  # the latter: a library of the system
        raise PdfUnavailable(HOW_TO_GET_PDF) from error
    finally:
        ImageFile.LOAD_TRUNCATED_IMAGES = before
