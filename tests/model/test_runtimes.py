"""Which engines and precisions there are to choose from."""

import sys

import pytest

from alzer.errors import EngineUnavailable
from alzer.model.runtimes import Runtime, candidates, import_engine, is_installed
from alzer.settings import EngineSetting, PrecisionSetting

ENGINES: tuple[EngineSetting, ...] = ("auto", "openvino", "onnxruntime")
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
