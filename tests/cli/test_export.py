"""`alzer models export`, as a person calls it."""

from collections.abc import Callable
from pathlib import Path

import onnx
from typer.testing import Result

from bundles import write_bundle

Call = Callable[..., Result]


def test_a_model_becomes_an_onnx_file(call: Call, tmp_path: Path) -> None:
    bundle = write_bundle(tmp_path / "own")
    result = call("models", "export", bundle, "-o", "out", "--licence", "CC-BY-4.0")
    told = {
        entry.key: entry.value for entry in onnx.load("out/tiny-7.onnx").metadata_props
    }

    assert result.exit_code == 0
    assert "tiny-7.onnx" in result.stdout
    assert told["licence"] == "CC-BY-4.0"


def test_a_model_of_another_architecture_is_no_monai_bundle(
    call: Call, tmp_path: Path
) -> None:
    bundle = write_bundle(tmp_path / "own")
    result = call("models", "export", bundle, "-o", "out", "--as", "monai")

    assert result.exit_code == 2
    assert "ONNX" in result.stderr
    assert not Path("out").exists()


def test_a_damaged_bundle_is_refused(call: Call, tmp_path: Path) -> None:
    bundle = write_bundle(tmp_path / "own")
    (bundle / "model.onnx").write_bytes(b"other")
    result = call("models", "export", bundle, "-o", "out")

    assert result.exit_code == 1
    assert "SHA-256" in result.stderr
