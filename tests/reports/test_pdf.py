"""The report as PDF: text to select, tags, as many pages as allowed, no network."""

import io
import socket
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from pypdf import PdfReader

from alzer.analysis import Analysis
from alzer.errors import PdfUnavailable
from alzer.reports.html import write_html
from alzer.reports.pdf import can_write_pdf, lay_out, write_pdf
from alzer.volumes.structure_evidence import HeadStructures
from alzer.volumes.structures import StructureVolume
from reports.made import REASON, report_on, text_of, with_warnings


def reader_of(content: bytes) -> PdfReader:
    return PdfReader(io.BytesIO(content))


def roles_in(element: Any, found: set[str]) -> set[str]:  # noqa: ANN401 - PDF objects
    """Return the roles of the elements of a structure tree."""
    element = element.get_object()
    if isinstance(element, list):
        for each in element:
            roles_in(each, found)
    elif isinstance(element, dict):
        if "/S" in element:
            found.add(str(element["/S"]))
        if "/K" in element:
            roles_in(element["/K"], found)
    return found


def test_its_text_can_be_extracted(analysed: Analysis) -> None:
    text = text_of(write_pdf(report_on(analysed, reference="Study <script> 4")))

    assert analysed.headline.text in text
    assert "Study <script> 4" in text
    assert "Not a medical device" in text
    assert "not where disease is" in text
    assert analysed.model.sha256[:16] in text


def test_it_is_tagged_for_screen_readers(analysed: Analysis) -> None:
    reader = reader_of(write_pdf(report_on(analysed)))
    root: Any = reader.trailer["/Root"]
    roles = roles_in(root["/StructTreeRoot"]["/K"], set())

    assert bool(root["/MarkInfo"]["/Marked"])
    assert root["/Lang"] == "en"
    assert {"/H1", "/H2", "/Table", "/TH", "/Figure", "/P"} <= roles
    assert reader.metadata is not None
    assert reader.metadata.title == "Report of an MRI analysis"


@pytest.mark.parametrize("count", [0, 12])
def test_a_slice_takes_one_page(analysed: Analysis, count: int) -> None:
    told = with_warnings(analysed, count)
    content = write_pdf(report_on(told))

    assert len(reader_of(content).pages) == 1
    assert all(warning in text_of(content) for warning in told.warnings)


def test_a_page_is_one_of_a4(analysed: Analysis) -> None:
    page = reader_of(write_pdf(report_on(analysed))).pages[0]

    assert float(page.mediabox.width) == pytest.approx(595.3, abs=0.5)
    assert float(page.mediabox.height) == pytest.approx(841.9, abs=0.5)


def test_a_head_takes_two_pages_at_most_with_all_its_structures(
    head: Analysis,
) -> None:
    volumes = {
        f"structure number {index}": StructureVolume(12.3, 0.011) for index in range(17)
    }
    measured = replace(head, structures=HeadStructures(volumes, {}))
    content = write_pdf(report_on(with_warnings(measured, 8)))

    assert len(reader_of(content).pages) <= 2
    assert "structure number 16" in text_of(content)


def test_an_unreliable_answer_is_printed_without_class(doubtful: Analysis) -> None:
    text = text_of(write_pdf(report_on(doubtful)))

    assert "No reliable answer" in text
    assert REASON in text
    assert "Heatmap Overlay" not in text


def test_nothing_is_loaded_from_anywhere(analysed: Analysis, tmp_path: Path) -> None:
    outside = tmp_path / "outside.css"
    outside.write_text("h1::after { content: 'from a file'; }", "utf-8")
    text = write_html(report_on(analysed)).text
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.0)
        addresses = f"http://127.0.0.1:{server.getsockname()[1]}", outside.as_uri()
        foreign = "".join(
            f'<link rel="stylesheet" href="{each}"><img alt="x" src="{each}">'
            for each in addresses
        )
        pages = lay_out(text.replace("<h1>", f"{foreign}<h1>"))
        with pytest.raises(BlockingIOError):  # nobody came
            server.accept()

    printed = text_of(pages.write_pdf())
    assert "from a file" not in printed
    assert analysed.headline.text in printed


def test_afterwards_damaged_pictures_are_still_refused(analysed: Analysis) -> None:
    program = (
        "from PIL import ImageFile\nfrom alzer.reports.pdf import lay_out\n"
        "lay_out('<p>x</p>')\nprint(ImageFile.LOAD_TRUNCATED_IMAGES)"
    )
    command = [sys.executable, "-c", program]
    done = subprocess.run(command, capture_output=True, check=True)  # noqa: S603 - our own

    assert done.stdout.decode().strip() == "False"
    content = (analysed.overlay_png or b"")[:-40]
    write_pdf(report_on(analysed))
    with pytest.raises(OSError, match="truncated"):
        Image.open(io.BytesIO(content)).load()


def test_without_weasyprint_it_is_said_how_to_get_it(
    analysed: Analysis, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "weasyprint", None)

    with pytest.raises(PdfUnavailable, match=r"libpango.*extra 'report'"):
        write_pdf(report_on(analysed))


def test_it_is_known_whether_pdf_can_be_had() -> None:
    assert can_write_pdf()
