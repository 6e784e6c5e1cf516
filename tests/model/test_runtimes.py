"""Which engines and precisions there are to choose from."""

import os
import sys
from pathlib import Path
from typing import get_args

import pytest

from alzer.errors import EngineUnavailable
from alzer.model import runtimes
from alzer.model.runtimes import (
    Runtime,
    candidates,
    import_engine,
    is_installed,
    on_gpu,
    usable_cores,
)
from alzer.settings import EngineSetting, PrecisionSetting

ENGINES: tuple[EngineSetting, ...] = get_args(EngineSetting)
PRECISIONS: tuple[PrecisionSetting, ...] = ("auto", "fp32", "bf16", "bf16-checked")


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("precision", PRECISIONS)
def test_whatever_is_set_something_can_run_and_choices_answer_alike(
    engine: EngineSetting, precision: PrecisionSetting
) -> None:
    found = candidates(engine, precision)

    assert found
    assert engine == "auto" or {runtime.engine for runtime in found} == {engine}
    # The answers of bf16 alone can differ: it is never one of several.
    assert len(found) == 1 or all(runtime.precision != "bf16" for runtime in found)


def test_a_precision_that_is_set_is_kept() -> None:
    assert candidates("openvino", "bf16") == (Runtime("openvino", "bf16"),)
    assert candidates("openvino", "fp32") == (Runtime("openvino", "fp32"),)


def test_an_engine_that_is_not_installed_is_named_with_the_way_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "onnxruntime", None)

    assert not is_installed("onnxruntime")
    assert Runtime("onnxruntime", "fp32") not in candidates("auto", "auto")
    with pytest.raises(EngineUnavailable, match=r"install alzer\[onnxruntime\]"):
        import_engine("onnxruntime")


def test_a_runtime_reads_as_people_write_it() -> None:
    assert str(Runtime("openvino", "bf16-checked")) == "openvino bf16-checked"


@pytest.mark.parametrize(
    ("device", "engine"),
    [("nvidia0", "onnxruntime-cuda"), ("dri/renderD128", "openvino-gpu")],
)
def test_a_gpu_is_a_candidate_where_a_driver_has_found_one(
    device: str,
    engine: EngineSetting,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(runtimes, "DEVICES", tmp_path)
    without = candidates("auto", "auto")
    (tmp_path / device).parent.mkdir(exist_ok=True)
    (tmp_path / device).touch()
    found = candidates("auto", "auto")

    assert not any(on_gpu(each.engine) for each in without)
    assert [each.engine for each in found if on_gpu(each.engine)] == [engine]
    assert found[: len(without)] == without


@pytest.mark.parametrize("engine", ["onnxruntime-cuda", "openvino-gpu"])
def test_an_engine_on_a_gpu_that_is_set_is_kept(engine: EngineSetting) -> None:
    (runtime,) = candidates(engine, "auto")

    assert (runtime.engine, runtime.precision) == (engine, "fp32")


@pytest.mark.parametrize(
    ("quota", "cores"),
    [
        ("max 100000", 8),
        ("250000 100000", 3),
        ("50000 100000", 1),
        ("9900000 100000", 8),
    ],
)
def test_a_container_s_share_of_the_cores_is_what_counts(
    quota: str, cores: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(8)))
    told = tmp_path / "cpu.max"
    told.write_text(f"{quota}\n", encoding="ascii")

    assert usable_cores(told) == cores
    assert usable_cores(tmp_path / "absent") == 8
