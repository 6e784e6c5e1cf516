"""A model on disk."""

import json
from pathlib import Path
from tempfile import TemporaryDirectory

import onnx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from onnx import TensorProto, external_data_helper

from alzer.caveats import class_caveats
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
from alzer.model.person import PersonLimits, Pooling
from alzer.model.preparation import InputSpec
from bundles import tiny_onnx, write_bundle

POOLING = {"averaged": "logits", "only_in_distribution": True}
PERSON = {
    "pooling": POOLING,
    "temperature": 1.25,
    "thresholds": [0.3, 0.2, 0.1, None],
    "ood_share": 0.25,
}


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


def test_a_bundle_says_what_may_be_made_of_a_person(folder: Path) -> None:
    change_card(folder, person=PERSON | {"people": 200})

    limits = load_bundle(folder).person

    # The card is of before there was a choice of slices.
    assert limits.pooling == Pooling("logits", only_in_distribution=True, lowest=1.0)
    assert limits.temperature == 1.25
    assert limits.thresholds == (0.3, 0.2, 0.1, None)
    assert limits.ood_share == 0.25


def test_a_card_of_before_persons_still_loads_and_claims_nothing_of_them(
    folder: Path,
) -> None:
    limits = load_bundle(folder).person

    assert not limits.calibrated
    assert limits == PersonLimits()


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


@pytest.mark.parametrize("text", ["", "no json", "[1, 2]", "\x00", "[" * 100_000])
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


@pytest.mark.parametrize(
    "change",
    [
        {"name": 7},
        {"classes": 4},
        {"input": {"height": "tall"}},
        {"gate": {"limit": float("nan")}},
        {"gate": {}},
        {"calibration": {"thresholds": [0.1, 0.2]}},
        {"calibration": {"thresholds": "some"}},
        {"person": {"temperature": 1.0}},
    ]
    + [
        {"person": PERSON | {field: value}}
        for field, value in [
            ("temperature", 0.0), ("temperature", float("inf")), ("ood_share", 1.5),
            ("thresholds", [0.1]), ("pooling", {"averaged": "votes"}),
            ("pooling", {**POOLING, "lowest": 0.0}),
            ("pooling", {**POOLING, "lowest": 1.5}),
        ]
    ]
    + [
        {"input": {field: value}}
        for field, value in [
            ("height", 0), ("width", 10**9), ("margin", 0.5), ("deviation", 0.0),
            ("mean", float("nan")), ("white_percentile", 101), ("depth", 3),
        ]
    ],
)  # fmt: skip
def test_a_card_that_makes_no_sense_is_refused(
    folder: Path, change: dict[str, object]
) -> None:
    change_card(folder, **change)

    with pytest.raises(DamagedBundle, match=next(iter(change))):
        load_bundle(folder)


def refusal_of(content: bytes) -> str | None:
    try:
        require_self_contained(content)
    except (DamagedBundle, UnsafeModel) as refusal:
        return refusal.code
    return None


def varint(number: int) -> bytes:
    content = b""
    while number >= 0x80:
        content += bytes((number & 0x7F | 0x80,))
        number >>= 7
    return content + bytes((number,))


def field(number: int, content: bytes) -> bytes:
    """Encode a field of a message that holds bytes or another message."""
    return varint(number << 3 | 2) + varint(len(content)) + content


# A graph's first tensor that keeps its data outside, in either way to say so.
EXTERNAL_TENSORS = [varint(14 << 3) + b"\1", field(13, b"anything")]


@pytest.mark.parametrize("tensor", EXTERNAL_TENSORS)
@pytest.mark.parametrize(
    "way",
    [
        (7, 5),  # initializer of the graph
        (7, 15, 1),  # values of a sparse initializer
        (7, 15, 2),  # its indices
        (7, 1, 5, 5),  # attribute of a node: a tensor
        (7, 1, 5, 10),  # some tensors
        (7, 1, 5, 6, 5),  # the graph of a branch
        (7, 1, 5, 11, 5),  # the graphs of branches
        (7, 1, 5, 22, 1),  # a sparse tensor
        (7, 1, 5, 23, 2),  # some sparse tensors
        (20, 1, 5),  # training: initialisation
        (20, 2, 5),  # training: algorithm
        (25, 7, 5, 5),  # node of a function
        (25, 11, 5),  # default of a function's attribute
    ],
)
def test_no_place_for_a_tensor_is_overlooked(
    way: tuple[int, ...], tensor: bytes
) -> None:
    model = tensor
    for number in reversed(way):
        model = field(30, b"before") + field(number, model)

    assert refusal_of(model) == "unsafe_model"


def test_a_field_number_that_some_parsers_would_shorten_is_refused() -> None:
    graph = field(5, EXTERNAL_TENSORS[0])
    disguised = varint(1 << 32 | 7 << 3 | 2) + varint(len(graph)) + graph

    assert refusal_of(disguised) == "damaged_bundle"


@given(st.binary(max_size=200))
def test_bytes_that_are_no_model_are_refused_or_harmless(content: bytes) -> None:
    assert refusal_of(content) in {None, "damaged_bundle", "unsafe_model"}


@pytest.mark.parametrize(
    "content",
    [
        b"\x0b",  # starts a group
        b"\x3a\x05abc",  # ends early
        b"\x08" + b"\xff" * 11,  # a number without an end
        b"\x08\x80",  # half a number
    ],
)
def test_what_is_not_well_formed_is_refused(content: bytes) -> None:
    assert refusal_of(content) == "damaged_bundle"


def test_fields_of_fixed_width_are_passed_over() -> None:
    double, single = varint(99 << 3 | 1) + bytes(8), varint(98 << 3 | 5) + bytes(4)

    assert refusal_of(double + single) is None
    assert refusal_of(double + single + field(7, field(5, EXTERNAL_TENSORS[0])))


def test_a_deeply_nested_model_is_refused() -> None:
    graph = b""
    for _ in range(1000):
        graph = field(1, field(5, field(6, graph)))

    assert refusal_of(field(7, graph)) == "damaged_bundle"


@given(st.binary(max_size=200))
def test_bytes_instead_of_a_model_are_refused(content: bytes) -> None:
    with TemporaryDirectory() as name:
        folder = write_bundle(Path(name))
        (folder / MODEL_FILE).write_bytes(content)

        with pytest.raises(DamagedBundle):
            load_bundle(folder)


def test_an_installation_without_a_model_says_so(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("importlib.resources.files", lambda _package: tmp_path)

    with pytest.raises(DamagedBundle, match="ALZER_MODEL"):
        shipped_bundle()


@pytest.mark.parametrize(
    ("names", "newest"),
    [
        (("resnet-9", "resnet-10", "resnet-2"), "resnet-10"),
        (("resnet-2.9", "resnet-2.10", "resnet-1.11"), "resnet-2.10"),
        (("resnet-2", "resnet-2.1"), "resnet-2.1"),
        (("9", "10"), "10"),
        (("resnet-02", "resnet-2"), "resnet-2"),
    ],
)
def test_of_several_models_the_highest_version_ships(
    names: tuple[str, ...],
    newest: str,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    monkeypatch.setattr("importlib.resources.files", lambda _package: tmp_path)
    for name in names:
        write_bundle(tmp_path / "bundles" / name)

    assert shipped_bundle().name == newest


def test_the_shipped_bundle_is_whole() -> None:
    bundle = load_bundle(shipped_bundle())

    assert bundle.card["metrics"]["everyone"]["auc"]["low"] > 0.5
    for caveat in class_caveats(bundle.decision).values():
        assert caveat in bundle.card["limitations"]
    assert "OASIS" in bundle.card["data"]["acknowledgement"]
