"""The program to call, and what to call it on."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from alzer.cli.app import app
from bundles import write_bundle
from logged import logging_kept
from phantoms import as_jpeg, draw_brain

Call = Callable[..., Result]


@pytest.fixture(scope="session")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_bundle(tmp_path_factory.mktemp("bundle"))


@pytest.fixture
def call(bundle: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Call:
    """Call the program as a person would, in a folder of its own."""
    monkeypatch.setenv("ALZER_MODEL", str(bundle))
    monkeypatch.setenv("ALZER_ENGINE", "onnxruntime")  # starts in no time
    monkeypatch.chdir(tmp_path)
    runner = CliRunner()

    def run(*words: str | Path, **options: Any) -> Result:  # noqa: ANN401 - of the runner
        with logging_kept():  # else to a stream that is the runner's
            return runner.invoke(
                app, [str(word) for word in words], catch_exceptions=False, **options
            )

    return run


@pytest.fixture
def scan(tmp_path: Path) -> Path:
    """One slice as a JPEG file."""
    path = tmp_path / "scan.jpg"
    path.write_bytes(as_jpeg(draw_brain()))
    return path


@pytest.fixture
def cohort(tmp_path: Path) -> Path:
    """A folder with eleven slices, two of them bad, in two levels."""
    folder = tmp_path / "cohort"
    (folder / "deep").mkdir(parents=True)
    content = as_jpeg(draw_brain())
    for index in range(8):
        (folder / f"{index}.jpg").write_bytes(content)
    (folder / "deep" / "0.jpg").write_bytes(content)
    (folder / "a-broken.png").write_bytes(b"no picture")
    (folder / "z-empty.png").write_bytes(b"")
    return folder
