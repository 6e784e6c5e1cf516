"""The examples in docstrings do what they show."""

import doctest
import importlib
from pathlib import Path

import pytest

import alzer

ROOT = Path(alzer.__file__).parent
MODULES = [
    ".".join(("alzer", *path.relative_to(ROOT).with_suffix("").parts))
    for path in sorted(ROOT.rglob("*.py"))
    if ">>> " in path.read_text(encoding="utf-8")
]


@pytest.mark.parametrize("name", MODULES)
def test_the_examples_of_a_module_hold(name: str) -> None:
    result = doctest.testmod(importlib.import_module(name))

    assert result.attempted > 0
    assert result.failed == 0


def test_there_are_examples() -> None:
    assert len(MODULES) >= 3
