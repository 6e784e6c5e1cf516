"""The fastest engine is found once, and kept."""

import json
from collections.abc import Sequence
from pathlib import Path

import pytest

from alzer import engine_choice
from alzer.engine_choice import CHOICE_FILE, choose_engine
from alzer.errors import EngineUnavailable
from alzer.model.runtimes import DEFAULT_RUNTIME, Runtime
from alzer.settings import Settings
from alzer.wiring import start_model

Timings = dict[str, float]

FP32 = Runtime("openvino", "fp32")
OTHER = Runtime("onnxruntime", "fp32")
CHECKED = Runtime("openvino", "bf16-checked")


class Stopwatch:
    """Stands for the measuring process: gives these timings and counts the calls."""

    def __init__(self, timings_ms: Timings) -> None:
        self.timings_ms = timings_ms
        self.calls = 0

    def __call__(
        self, _bundle: Path, _threads: int, runtimes: Sequence[Runtime]
    ) -> Timings:
        self.calls += 1
        names = map(str, runtimes)
        return {
            name: self.timings_ms[name] for name in names if name in self.timings_ms
        }


@pytest.fixture
def stopwatch(monkeypatch: pytest.MonkeyPatch) -> Stopwatch:
    watch = Stopwatch({str(FP32): 20.0, str(OTHER): 12.0, str(CHECKED): 16.0})
    monkeypatch.setattr(engine_choice, "measure_apart", watch)
    return watch


@pytest.fixture
def settings(bundle_path: Path, tmp_path: Path) -> Settings:
    return Settings.model_validate(
        {"model": bundle_path, "data_dir": tmp_path / "data"}
    )


def test_the_fastest_is_measured_once_and_kept(
    settings: Settings, stopwatch: Stopwatch
) -> None:
    first = choose_engine(settings, measure=True)
    again = choose_engine(settings, measure=True)
    command = choose_engine(settings)

    assert first == again == command
    assert first.runtime == OTHER
    assert dict(first.timings_ms) == stopwatch.timings_ms
    assert stopwatch.calls == 1


@pytest.mark.parametrize(
    ("timings_ms", "runtime"),
    [
        ({str(FP32): 10.0, str(OTHER): 9.8, str(CHECKED): 9.6}, FP32),
        ({str(FP32): 11.0, str(OTHER): 10.0, str(CHECKED): 9.6}, OTHER),
        ({str(FP32): 23.0, str(OTHER): 26.0, str(CHECKED): 18.0}, CHECKED),
        ({str(FP32): 23.0}, FP32),
    ],
)
def test_of_those_that_are_alike_the_first_is_taken(
    settings: Settings, stopwatch: Stopwatch, timings_ms: Timings, runtime: Runtime
) -> None:
    stopwatch.timings_ms = timings_ms

    assert choose_engine(settings, measure=True).runtime == runtime


def test_a_command_does_not_measure(settings: Settings, stopwatch: Stopwatch) -> None:
    choice = choose_engine(settings)

    assert choice.runtime == DEFAULT_RUNTIME
    assert "alzer serve" in choice.reason
    assert stopwatch.calls == 0


def test_what_is_set_is_not_measured(settings: Settings, stopwatch: Stopwatch) -> None:
    chosen = settings.model_copy(update={"engine": "openvino", "precision": "fp32"})
    choice = choose_engine(chosen, measure=True)

    assert choice.runtime == FP32
    assert "ALZER_ENGINE" in choice.reason
    assert stopwatch.calls == 0


def test_half_a_setting_leaves_the_other_half_open(
    settings: Settings, stopwatch: Stopwatch
) -> None:
    chosen = settings.model_copy(update={"engine": "openvino"})

    assert choose_engine(chosen, measure=True).runtime == CHECKED
    assert set(choose_engine(chosen).timings_ms) == {str(FP32), str(CHECKED)}
    assert stopwatch.calls == 1


@pytest.mark.parametrize(
    "content",
    [b"", b"\xff", b"{}", b"[" * 100_000, b'{"engine": "magic"}', b'{"machine": 3}'],
)
def test_a_damaged_file_is_measured_again(
    settings: Settings, stopwatch: Stopwatch, content: bytes
) -> None:
    choose_engine(settings, measure=True)
    path = settings.data_dir / CHOICE_FILE
    whole = path.read_bytes()
    path.write_bytes(content)

    choice = choose_engine(settings, measure=True)

    assert choice.runtime == OTHER
    assert stopwatch.calls == 2
    assert path.read_bytes() == whole


def test_another_machine_is_measured_again(
    settings: Settings, stopwatch: Stopwatch
) -> None:
    choose_engine(settings, measure=True)
    path = settings.data_dir / CHOICE_FILE
    kept = json.loads(path.read_bytes())
    kept["machine"]["processor"] = "another"
    path.write_text(json.dumps(kept), "utf-8")

    assert choose_engine(settings).runtime == DEFAULT_RUNTIME
    assert choose_engine(settings, measure=True).runtime == OTHER
    assert stopwatch.calls == 2


def test_a_folder_that_takes_no_file_fails_nothing(
    settings: Settings, stopwatch: Stopwatch
) -> None:
    settings.data_dir.write_bytes(b"no folder")

    assert choose_engine(settings, measure=True).runtime == OTHER
    assert choose_engine(settings, measure=True).runtime == OTHER
    assert stopwatch.calls == 2


def test_without_a_measurement_the_default_is_taken(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> Timings:
        message = "The engines could not be measured."
        raise EngineUnavailable(message)

    monkeypatch.setattr(engine_choice, "measure_apart", fail)

    assert choose_engine(settings, measure=True).runtime == DEFAULT_RUNTIME
    assert not (settings.data_dir / CHOICE_FILE).exists()


def test_without_any_timing_the_default_is_taken(
    settings: Settings, stopwatch: Stopwatch
) -> None:
    stopwatch.timings_ms = {}
    chosen = settings.model_copy(update={"precision": "fp32"})

    assert choose_engine(settings, measure=True).runtime == DEFAULT_RUNTIME
    assert choose_engine(chosen, measure=True).runtime == FP32


def test_the_model_runs_as_was_measured(
    settings: Settings, stopwatch: Stopwatch
) -> None:
    choose_engine(settings, measure=True)

    assert stopwatch.calls == 1
    assert start_model(settings).identity.engine == "onnxruntime"
