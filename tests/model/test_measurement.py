"""How fast the engines are on this machine."""

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from alzer.errors import EngineUnavailable
from alzer.model import measurement
from alzer.model.bundle import Bundle, load_bundle
from alzer.model.evidence import Evidence
from alzer.model.measurement import (
    REPEATED_SHARE,
    agrees,
    describe_machine,
    differs_by,
    measure,
)
from alzer.model.openvino_engine import has_bf16
from alzer.model.runtimes import Runtime, candidates
from bundles import write_bundle

FP32 = Runtime("openvino", "fp32")
OTHER = Runtime("onnxruntime", "fp32")
CHECKED = Runtime("openvino", "bf16-checked")


@pytest.fixture(scope="module")
def tiny(bundle_path: Path) -> Bundle:
    return load_bundle(bundle_path)


@pytest.fixture
def _short(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(measurement, "_MEASURE_FOR_S", 0.0)


@pytest.mark.usefixtures("_short")
def test_what_the_processor_has_is_measured(tiny: Bundle) -> None:
    timings = measure(tiny, 1, [FP32, OTHER, CHECKED])

    assert set(timings) == {str(FP32), str(OTHER)} | (
        {str(CHECKED)} if has_bf16() else set()
    )
    assert all(spent > 0.0 for spent in timings.values())


@pytest.mark.usefixtures("_short")
def test_a_processor_without_bf16_has_no_timing_of_it(
    tiny: Bundle, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(measurement, "has_bf16", lambda: False)

    assert set(measure(tiny, 1, [FP32, CHECKED])) == {str(FP32)}


def test_repeats_are_part_of_the_cost(
    tiny: Bundle, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(measurement, "has_bf16", lambda: True)
    monkeypatch.setattr(
        measurement,
        "_time_in_turn",
        lambda works: {name: 20.0 if "fp32" in name else 8.0 for name in works},
    )

    timings = measure(tiny, 1, [FP32, CHECKED])

    assert timings[str(CHECKED)] == 8.0 + REPEATED_SHARE * 20.0
    assert timings[str(FP32)] == 20.0


def test_another_process_measures(bundle_path: Path) -> None:
    timings = measurement.measure_apart(bundle_path, 1, [OTHER])

    assert list(timings) == [str(OTHER)]
    assert timings[str(OTHER)] > 0.0


@pytest.mark.parametrize(
    "program",
    [
        "raise SystemExit(1)",
        "import os; os.abort()",
        "print('no figures')",
        "import time; time.sleep(60)",
    ],
)
def test_a_measurement_that_fails_is_a_foreseen_failure(
    bundle_path: Path, monkeypatch: pytest.MonkeyPatch, program: str
) -> None:
    run = subprocess.run

    def other(
        _command: Sequence[str], **options: object
    ) -> subprocess.CompletedProcess[bytes]:
        return run([sys.executable, "-c", program], **options)  # type: ignore[call-overload, no-any-return]  # passed on as they come

    monkeypatch.setattr("alzer.model.measurement.subprocess.run", other)
    monkeypatch.setattr(measurement, "_GIVE_UP_AFTER_S", 1.0)

    with pytest.raises(EngineUnavailable, match="could not be measured"):
        measurement.measure_apart(bundle_path, 1, [OTHER])


def test_a_model_that_is_not_there_is_not_measured(tmp_path: Path) -> None:
    with pytest.raises(EngineUnavailable):
        measurement.measure_apart(tmp_path, 1, [OTHER])


def test_a_machine_is_known_again() -> None:
    assert describe_machine("0", 2, [FP32]) == describe_machine("0", 2, [FP32])
    assert (
        describe_machine("0", 0, [])["threads"] == describe_machine("0", 0, [])["cores"]
    )


def test_another_model_or_setting_is_another_measurement() -> None:
    own = describe_machine("0", 1, [FP32])

    assert own != describe_machine("1", 1, [FP32])
    assert own != describe_machine("0", 2, [FP32])
    assert own != describe_machine("0", 1, [FP32, OTHER])


def test_another_processor_or_engine_is_another_measurement(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    own = describe_machine("0", 1, [FP32])
    monkeypatch.setattr(measurement, "_processor", lambda: "another")
    other = describe_machine("0", 1, [FP32])
    monkeypatch.setattr(measurement, "_version_of", lambda _: "9")

    assert own != other
    assert other != describe_machine("0", 1, [FP32])


def test_a_processor_is_named_with_what_it_can_do(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    names = []
    for text in (
        "model name\t: EPYC\nflags\t: avx2\ncpu MHz\t: 1\n\nmodel name\t: EPYC",
        "model name\t: EPYC\nflags\t: avx2\ncpu MHz\t: 2\n",
        "model name\t: EPYC\nflags\t: avx2 avx512_bf16\n",
    ):
        file = tmp_path / "cpuinfo"
        file.write_text(text, "utf-8")
        monkeypatch.setattr(measurement, "_PROCESSORS", file)
        names.append(describe_machine("0", 1, [])["processor"])

    first, again, other = names
    assert first.startswith("EPYC ")
    assert first == again != other


def test_without_a_list_of_processors_the_platform_names_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(measurement, "_PROCESSORS", tmp_path / "missing")
    monkeypatch.setattr("platform.machine", lambda: "riscv64")

    assert describe_machine("0", 1, [])["processor"].startswith("riscv64")


def test_settings_leave_what_gives_the_same_answers() -> None:
    assert set(candidates("auto", "auto")) == {FP32, OTHER, CHECKED}
    assert set(candidates("openvino", "auto")) == {FP32, CHECKED}
    assert set(candidates("auto", "fp32")) == {FP32, OTHER}
    assert candidates("auto", "bf16-checked") == (CHECKED,)
    assert candidates("auto", "bf16") == (Runtime("openvino", "bf16"),)
    assert candidates("onnxruntime", "auto") == (OTHER,)


def test_an_engine_that_is_not_installed_is_no_candidate(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "onnxruntime", None)

    assert set(candidates("auto", "auto")) == {FP32, CHECKED}


def test_the_command_that_measures_refuses_what_is_no_model(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = write_bundle(tmp_path)
    (folder / "model.onnx").write_bytes(b"other")
    monkeypatch.setattr(sys, "argv", ["-", str(folder), "1", "openvino:fp32"])

    with pytest.raises(SystemExit, match="SHA-256"):
        measurement.main()


@pytest.mark.usefixtures("_short")
def test_a_gpu_that_is_not_there_is_not_measured(tiny: Bundle) -> None:
    gpus = [Runtime("openvino-gpu", "fp32"), Runtime("onnxruntime-cuda", "fp32")]
    there = [each for each in gpus if agrees(tiny, each.engine)]

    timings = measure(tiny, 1, [FP32, *gpus])

    assert set(timings) == {str(each) for each in (FP32, *there)}


def test_engines_in_fp32_agree(tiny: Bundle) -> None:
    assert agrees(tiny, "onnxruntime")
    assert agrees(tiny, "openvino")


@pytest.mark.parametrize(
    ("logit", "cell", "score", "error"),
    [
        (0.0, 0.0, 0.0, 0.0),
        (0.01, 0.0, 0.0, 0.01),
        (0.0, 0.4, 0.0, 0.1),
        (0.0, 0.0, 0.5, 0.5),
        (np.nan, 0.0, 0.0, np.inf),
    ],
)
def test_the_largest_error_counts_as_a_share_of_the_largest_value(
    logit: float, cell: float, score: float, error: float
) -> None:
    exact = Evidence(
        np.full((2, 4), 0.5, np.float32),
        np.full((2, 4, 3, 3), 4.0, np.float32),
        np.ones(2, np.float32),
    )
    found = Evidence(exact.logits.copy(), exact.maps.copy(), np.ones(2, np.float32))
    found.logits[1, 2] += logit
    found.maps[0, 1, 2, 2] -= cell
    assert found.ood_score is not None
    found.ood_score[1] += score

    assert differs_by(found, exact) == pytest.approx(error)
