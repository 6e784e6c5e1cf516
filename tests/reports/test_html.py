"""The report as HTML: it holds everything, and nothing in it runs."""

import re
from base64 import b64encode
from dataclasses import replace
from hashlib import sha256
from html.parser import HTMLParser

from alzer.analysis import Analysis
from alzer.reports.html import write_html
from reports.made import report_on, with_warnings, words_of

NASTY = "<script>alert(1)</script>\"'&"


class Elements(HTMLParser):
    """Notes the elements of a document, with their attributes, and its text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.words.append(data)


def test_nothing_in_it_runs_or_is_loaded(analysed: Analysis) -> None:
    text = write_html(report_on(analysed), pdf_link="report.pdf").text
    elements = Elements(text).found

    assert {"script", "link", "iframe", "object"}.isdisjoint(tag for tag, _ in elements)
    for tag, attributes in elements:
        assert "style" not in attributes, tag  # policies forbid it
        assert not [name for name in attributes if name.startswith("on")]
        if tag == "img":
            assert (attributes["src"] or "").startswith("data:image/png;base64,")
    assert "url(" not in text
    assert "@import" not in text


def test_a_reference_stays_a_text(analysed: Analysis) -> None:
    text = write_html(report_on(analysed, reference=NASTY)).text
    elements = Elements(text)

    assert "script" not in [tag for tag, _ in elements.found]
    assert NASTY in words_of("".join(elements.words))


def test_warnings_and_reasons_stay_texts(doubtful: Analysis) -> None:
    other = replace(doubtful, unreliable_reason=NASTY, warnings=(NASTY, "<b>x"))
    elements = Elements(write_html(report_on(other)).text)

    assert "script" not in [tag for tag, _ in elements.found]
    assert "<b>x" in "".join(elements.words)


def test_a_browser_may_draw_it_and_nothing_else(analysed: Analysis) -> None:
    document = write_html(report_on(analysed))
    (style,) = re.findall(r"<style>(.*?)</style>", document.text, re.DOTALL)
    digest = b64encode(sha256(style.encode()).digest()).decode()

    assert f"style-src 'sha256-{digest}'" in document.content_security_policy
    assert "default-src 'none'" in document.content_security_policy
    assert "script-src" not in document.content_security_policy


def test_every_picture_has_words(analysed: Analysis) -> None:
    elements = Elements(write_html(report_on(analysed)).text).found
    alternatives = [facts["alt"] for tag, facts in elements if tag == "img"]

    assert len(alternatives) == 3
    assert all(alternatives)


def test_every_warning_is_in_it(analysed: Analysis) -> None:
    told = with_warnings(analysed, 12)
    text = words_of("".join(Elements(write_html(report_on(told)).text).words))

    assert all(warning in text for warning in told.warnings)


def test_where_there_is_no_heatmap_the_reason_is_said(analysed: Analysis) -> None:
    reason = "No region of the image spoke for it."
    bare = replace(analysed, overlay_png=None, heat=None, no_heatmap_reason=reason)
    text = write_html(report_on(bare)).text

    assert "There is no heatmap" in text
    assert reason in text
    assert "What the colours mean" not in text


def test_the_way_to_the_pdf_is_not_part_of_what_is_printed(
    analysed: Analysis,
) -> None:
    report = report_on(analysed)

    assert "<nav" not in write_html(report).text
    linked = write_html(report, pdf_link="report.pdf", pdf_note="Or print it.").text
    assert '<nav class="screen"' in linked
    assert 'href="report.pdf"' in linked
    assert re.search(r"@media print \{[^@]*\.screen \{ display: none; \}", linked)
