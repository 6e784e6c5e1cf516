"""The pictures of a report are those of the analysis, with words for them."""

import io
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from alzer.analysis import Analysis
from alzer.explain.overlay import heat_colours
from alzer.reports.pictures import draw_pictures, legend_bar
from alzer.reports.report import Picture
from alzer.reports.sources import Source, source_of_analysis


def pixels(png: bytes) -> NDArray[np.uint8]:
    return np.asarray(Image.open(io.BytesIO(png)))


def drawn(source: Source, analysis: Analysis) -> list[Picture]:
    return draw_pictures(source, analysis.label, with_heatmap=True)


def test_the_scan_and_the_overlay_are_those_of_the_analysis(
    analysed: Analysis, head: Analysis
) -> None:
    for analysis in (analysed, head):
        original, overlay = drawn(source_of_analysis(analysis), analysis)

        difference = pixels(original.png).astype(int) - analysis.picture
        assert np.abs(difference).max() <= 2
        assert overlay.png == analysis.overlay_png
        assert (original.title, overlay.title) == ("Original MRI", "Heatmap Overlay")


def test_words_say_where_the_evidence_lies(analysed: Analysis) -> None:
    _, overlay = drawn(source_of_analysis(analysed), analysed)

    assert f"What spoke for '{analysed.prediction}' lies" in overlay.words
    assert "Left and right are those of the picture" in overlay.words


def test_without_a_heatmap_what_the_network_saw_is_shown(analysed: Analysis) -> None:
    source = replace(source_of_analysis(analysed), overlay_png=None)
    (seen,) = drawn(source, analysed)

    assert seen.title == "What the network saw of the scan"
    assert not seen.is_heatmap


def test_without_evidence_the_overlay_is_shown_alone(analysed: Analysis) -> None:
    source = replace(source_of_analysis(analysed), evidence=None)
    (overlay,) = drawn(source, analysed)

    assert overlay.is_heatmap
    assert overlay.words == "The slice with the heatmap over it."


def test_no_scan_is_made_up_from_the_heatmap_of_another_class(
    analysed: Analysis,
) -> None:
    evidence = analysed.evidence
    assert evidence is not None
    other = (analysed.label + 1) % 4
    spoken_for = replace(evidence, maps=evidence.maps - evidence.maps.min() + 1.0)
    known = source_of_analysis(analysed)
    assert known.evidence is not None
    kept = replace(known.evidence, slices=(spoken_for,))
    first, _ = draw_pictures(replace(known, evidence=kept), other, with_heatmap=True)

    assert first.title == "What the network saw of the scan"


def test_a_damaged_overlay_is_not_shown(analysed: Analysis) -> None:
    whole = analysed.overlay_png or b""
    for broken in (b"no picture", whole[: len(whole) // 2]):
        source = replace(source_of_analysis(analysed), overlay_png=broken)

        assert not any(each.is_heatmap for each in drawn(source, analysed))


def test_the_legend_has_the_colours_of_the_heatmap() -> None:
    ramp = np.linspace(0.0, 1.0, 256, dtype=np.float32)[None]

    assert np.array_equal(pixels(legend_bar()), heat_colours(ramp))
