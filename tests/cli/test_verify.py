"""`alzer predict --bundle` and `--map`, and `alzer verify`, as a person calls them."""

import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from typer.testing import Result

from alzer.classes import CLASS_NAMES
from bundles import write_bundle
from phantoms import as_jpeg, as_png, draw_brain

Call = Callable[..., Result]


def records(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines()]


def bundled(call: Call, scan: Path) -> Path:
    (record,) = records(call("predict", scan, "--output", "out", "--bundle").stdout)
    return Path(record["bundle"])


def test_a_bundle_is_verified_against_its_scan(call: Call, scan: Path) -> None:
    bundle = bundled(call, scan)
    result = call("verify", bundle, scan)

    assert zipfile.is_zipfile(bundle)
    assert result.exit_code == 0
    assert "differs" not in result.stdout
    assert "The analysis is the one in the bundle." in result.stdout


def test_another_scan_differs_with_exit_code_one(
    call: Call, scan: Path, tmp_path: Path
) -> None:
    other = tmp_path / "other.jpg"
    other.write_bytes(as_jpeg(draw_brain(ventricle=0.2, seed=3)))
    result = call("verify", bundled(call, scan), other, "--json")
    told = json.loads(result.stdout)

    assert result.exit_code == 1
    assert told["equal"] is False
    found = {each["what"]: each["verdict"] for each in told["comparisons"]}
    assert found["input"] == found["logits"] == "differs"
    assert found["model"] == "equal"


def test_another_model_differs_with_exit_code_one(
    call: Call, scan: Path, tmp_path: Path
) -> None:
    model = write_bundle(tmp_path / "other", weights=[1.0, 0.2, -0.5, -1.0])
    result = call("verify", bundled(call, scan), scan, "--model", model)

    assert result.exit_code == 1
    assert "model        differs" in result.stdout


@pytest.mark.parametrize("what", ["bundle", "scan", "no-bundle", "no-scan", "several"])
def test_what_cannot_be_found_out_has_exit_code_two(
    call: Call, scan: Path, tmp_path: Path, what: str
) -> None:
    bundle = bundled(call, scan)
    broken = tmp_path / "broken.png"
    broken.write_bytes(b"no picture")
    calls: dict[str, list[str | Path]] = {
        "bundle": [broken, scan],
        "scan": [bundle, broken],
        "no-bundle": ["absent.zip", scan],
        "no-scan": [bundle, "absent.png"],
        "several": [bundle, scan, broken],
    }
    result = call("verify", *calls[what])

    assert result.exit_code == 2
    assert result.stderr.startswith("alzer: ")
    assert "Traceback" not in result.stderr


def test_a_folder_of_slices_gets_maps_and_one_legend(
    call: Call, tmp_path: Path
) -> None:
    folder = tmp_path / "cohort"
    folder.mkdir()
    for seed in range(3):
        (folder / f"{seed}.png").write_bytes(as_png(draw_brain(seed=seed)))
    words = ("--map", "contrastive", "--map-class", CLASS_NAMES[1], "--map-range", "1")
    result = call("predict", folder, "--output", "out", *words)
    found = records(result.stdout)

    assert result.exit_code == 0
    for record in found:
        assert Path(record["heatmap"]).is_file()
        shown = np.asarray(Image.open(record["map"])).astype(int)
        assert shown.shape == (208, 176, 3)
        assert (np.ptp(shown, axis=2) > 10).any()
        assert not np.ptp(shown[:10, :10], axis=2).any()
    with Image.open(tmp_path / "out" / "maps" / "legend.png") as legend:
        assert legend.width > 500
    # Results are no inputs, and nothing is added to them unasked.
    assert call("predict", "out", "--output", "again").exit_code == 1
    assert call("predict", folder, "--output", "out").exit_code == 2


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--map", "contrastive"), "--output"),
        (("--bundle",), "--output"),
        (("--map", "contrastive", "--palette", "viridis", "--output", "out"), "blue-"),
        (("--map", "rainbow", "--output", "out"), "grad-cam"),
        (("--map", "additive", "--map-range", "0", "--output", "out"), "above 0"),
    ],
)
def test_a_wrong_call_says_what_would_do(
    call: Call, scan: Path, words: tuple[str, ...], told: str
) -> None:
    result = call("predict", scan, *words)

    assert result.exit_code == 2
    assert told in result.stderr
    assert not Path("out").exists()


def test_standard_input_has_no_bundle(call: Call) -> None:
    result = call("predict", "-", "--output", "out", "--bundle", input=b"")

    assert result.exit_code == 2
    assert "read again" in result.stderr


def test_a_palette_alone_draws_the_usual_map(call: Call, scan: Path) -> None:
    words = ("--palette", "cividis", "--output", "out")
    (record,) = records(call("predict", scan, *words).stdout)

    assert Path(record["map"]).is_file()
    assert "bundle" not in record
