"""The example is the drawing that the tool draws, and is known for one everywhere."""

import importlib.util
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from alzer import web
from alzer.analysis import analyse
from alzer.example import EXAMPLE_SHAPE, EXAMPLE_WARNING, is_example
from alzer.model.engine import Model
from alzer.scans.formats import read_slice
from alzer.settings import Limits
from phantoms import as_picture, as_png, draw_brain

EXAMPLE = Path(web.__file__).with_name("static") / "example.png"
TOOLS = Path(__file__).resolve().parents[1] / "tools"


@pytest.fixture(scope="module")
def pixels() -> np.ndarray:
    return read_slice(EXAMPLE.read_bytes(), Limits()).pixels


@pytest.fixture(scope="module")
def tool() -> ModuleType:
    spec = importlib.util.spec_from_file_location("tool", TOOLS / "draw_example.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_file_is_what_the_tool_draws(pixels: np.ndarray, tool: ModuleType) -> None:
    assert np.array_equal(tool.draw_example(), pixels)


def test_the_example_is_known_in_any_format_without_loss(pixels: np.ndarray) -> None:
    assert pixels.shape == EXAMPLE_SHAPE
    for kind in ("PNG", "TIFF", "BMP", "WEBP"):
        copy = as_picture(pixels / 255.0, kind)
        assert is_example(read_slice(copy, Limits()).pixels), kind


def test_no_other_slice_is_taken_for_it(pixels: np.ndarray) -> None:
    changed = pixels.copy()
    changed[100, 80] += 1.0

    for other in (changed, pixels[::-1], pixels[:-1], 255.0 * draw_brain()):
        assert not is_example(other.astype(np.float32))


def test_every_answer_for_it_says_that_it_is_a_drawing(model: Model) -> None:
    drawn = analyse(EXAMPLE.read_bytes(), model)
    other = analyse(as_png(draw_brain()), model)

    assert EXAMPLE_WARNING in drawn.warnings
    assert EXAMPLE_WARNING not in other.warnings
    assert sum(drawn.probabilities) == pytest.approx(1.0)


def test_the_model_that_ships_answers_it_as_it_answers_people(
    shipped_model: Model,
) -> None:
    answer = analyse(EXAMPLE.read_bytes(), shipped_model)

    assert answer.reliable is True
    assert answer.headline.classes
    assert answer.heat is not None
    assert answer.second_opinion is not None
