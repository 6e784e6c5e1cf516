"""A model on disk."""

import json
from pathlib import Path

import onnx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from onnx import TensorProto, external_data_helper

from alzer.errors import DamagedBundle, UnsafeModel
from alzer.model.bundle import (
    CARD_FILE,
    MODEL_FILE,
    card_fields,
    load_bundle,
    read_card,
    require_self_contained,
    shipped_bundle,
)
from alzer.model.preparation import InputSpec
from bundles import tiny_onnx, write_bundle


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_bundle(tmp_path, colour="grey")


def change_card(folder: Path, **changes: object) -> None:
    path = folder / CARD_FILE
    card = json.loads(path.read_text(encoding="utf-8")) | changes
    kept = {key: value for key, value in card.items() if value is not None}
    path.write_text(json.dumps(kept), encoding="utf-8")


def test_a_bundle_says_what_it_is(folder: Path) -> None:
    bundle = load_bundle(folder)

    assert (bundle.name, bundle.version) == ("tiny", "7")
    assert bundle.spec == InputSpec()
    assert bundle.onnx == (folder / MODEL_FILE).read_bytes()
    assert bundle.card["colour"] == "grey"


def test_a_model_that_was_altered_is_refused(folder: Path) -> None:
    with (folder / MODEL_FILE).open("ab") as file:
        file.write(b"\0")

    with pytest.raises(DamagedBundle, match="SHA-256"):
        load_bundle(folder)


@pytest.mark.parametrize("name", [MODEL_FILE, CARD_FILE])
def test_a_missing_file_is_named(folder: Path, name: str) -> None:
    (folder / name).unlink()

    with pytest.raises(DamagedBundle, match=name):
        load_bundle(folder)


@pytest.mark.parametrize("text", ["", "no json", "[1, 2]", "\x00"])
def test_a_card_that_is_no_card_is_refused(folder: Path, text: str) -> None:
    (folder / CARD_FILE).write_text(text, encoding="utf-8")

    with pytest.raises(DamagedBundle):
        read_card(folder)


@pytest.mark.parametrize("key", ["model_sha256", "classes", "name", "version", "input"])
def test_a_card_without_what_a_model_needs_is_refused(folder: Path, key: str) -> None:
    change_card(folder, **{key: None})

    with pytest.raises(DamagedBundle, match=key):
        load_bundle(folder)


def test_a_model_of_other_classes_is_refused(folder: Path) -> None:
    change_card(folder, classes=["cat", "dog"])

    with pytest.raises(DamagedBundle, match="cat"):
        load_bundle(folder)


def test_a_model_with_data_in_other_files_is_refused(folder: Path) -> None:
    model = onnx.load_from_string(tiny_onnx())
    tensor = model.graph.initializer[0]
    external_data_helper.set_external_data(tensor, "../../etc/passwd")
    tensor.data_location = TensorProto.EXTERNAL
    content = model.SerializeToString()
    (folder / MODEL_FILE).write_bytes(content)
    change_card(folder, **card_fields(InputSpec(), content))

    with pytest.raises(UnsafeModel, match="one file"):
        load_bundle(folder)


def refusal_of(content: bytes) -> str | None:
    try:
        require_self_contained(content)
    except (DamagedBundle, UnsafeModel) as refusal:
        return refusal.code
    return None


@given(st.binary(max_size=200))
def test_bytes_that_are_no_model_are_refused_or_harmless(content: bytes) -> None:
    assert refusal_of(content) in {None, "damaged_bundle", "unsafe_model"}


def test_a_deeply_nested_model_is_refused() -> None:
    nested = b""
    for _ in range(3000):  # graph -> node -> attribute -> graph ...
        for key in (b"\x3a", b"\x2a", b"\x0a"):
            size, length = len(nested), b""
            while size >= 0x80:
                length += bytes((size & 0x7F | 0x80,))
                size >>= 7
            nested = key + length + bytes((size,)) + nested
        nested = nested.replace(b"\x3a", b"\x32", 1)

    assert refusal_of(nested) in {None, "damaged_bundle"}


def test_the_shipped_bundle_is_whole() -> None:
    bundle = load_bundle(shipped_bundle())

    assert bundle.card["metrics"]["everyone"]["auc"]["low"] > 0.5
    assert "Moderate" in " ".join(bundle.card["limitations"])
    assert "OASIS" in bundle.card["data"]["acknowledgement"]
