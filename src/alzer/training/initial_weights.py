"""Weights of elsewhere that a network starts from: read, checked, and named."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final, Literal

import torch
from safetensors import SafetensorError, safe_open
from torch import Tensor

from alzer.errors import TrainingRefused
from alzer.training.network import ResNet50
from alzer.training.rows import some

KeyStyle = Literal["torchvision", "RadImageNet"]

# RadImageNet keeps the parts of torchvision's ResNet-50 in a `Sequential`, by their
# places in it; the places between hold nothing that is learnt.
# Source: class Backbone of the PyTorch example in github.com/BMEII-AI/RadImageNet.
_PLACES: Final = MappingProxyType({
    "conv1": "0", "bn1": "1", "layer1": "4", "layer2": "5", "layer3": "6",
    "layer4": "7", "fc": "9",
})  # fmt: skip

_STEM: Final = "conv1.weight"
_TYPES: Final = frozenset({"F32", "F16", "BF16"})

# What the card tells of the file's own words; longer ones are cut.
_TOLD: Final = ("license", "licence", "source")
_LONGEST: Final = 300

_ADVICE: Final = (
    "Give the weights of a plain ResNet-50, named as in torchvision or in RadImageNet."
)


@dataclass(frozen=True)
class InitialWeights:
    """A ResNet-50's weights without its last layer.

    Attributes:
        tensors: By this network's own names, float32; the stem has one channel.
        sha256: Digest of the file, in hexadecimal digits.
        keys: Whose names the file uses.
        told: What the file says of its licence and source, by name.
    """

    tensors: Mapping[str, Tensor] = field(repr=False)
    sha256: str
    keys: KeyStyle
    told: Mapping[str, str]

    def load_into(self, network: ResNet50) -> None:
        """Put the weights into a network; its last layer stays as it is."""
        network.load_state_dict({**network.state_dict(), **self.tensors})

    def as_dict(self) -> dict[str, str]:
        """Return what a model's card says of them, as plain values."""
        said = "".join(
            f" The file names as {key}: {self.told[key]}." for key in self.told
        )
        note = (
            f"Training started from weights of elsewhere ({self.keys}'s names, SHA-256 "
            f"{self.sha256}): see their licence.{said}"
        )
        return {"sha256": self.sha256, "keys": self.keys, **self.told, "note": note}


@dataclass(frozen=True)
class _Declared:
    """What a file's header says of one tensor.

    Attributes:
        shape: Its sizes.
        kind: Its type, such as `F32`.
    """

    shape: tuple[int, ...]
    kind: str


@dataclass(frozen=True)
class _Naming:
    """How a file names what this network has.

    Attributes:
        keys: Whose names they are.
        prefix: What comes before each, such as `module.`.
    """

    keys: KeyStyle
    prefix: str

    def name(self, own: str) -> str:
        """Return the file's name for one of this network's tensors."""
        part, _, rest = own.partition(".")
        told = _PLACES[part] if self.keys == "RadImageNet" else part
        return f"{self.prefix}{told}.{rest}"

    def is_of_classifier(self, name: str) -> bool:
        """Return whether a tensor of the file belongs to its last layer."""
        within = name.removeprefix(self.prefix)
        return "fc" in name.split(".") or within.startswith(f"{_PLACES['fc']}.")


def read_initial_weights(path: Path) -> InitialWeights:
    """Read the weights of a ResNet-50, and check that they are such.

    Their names may be torchvision's or RadImageNet's, all behind one prefix such as
    `module.`; a classifier is left out. A stem for three colours is summed to one for
    grey: that is what it makes of three equal channels.

    Args:
        path: A safetensors file.

    Returns:
        The weights.

    Raises:
        TrainingRefused: If the file can't be read, or a tensor is missing, unknown,
            of another shape or type, or not finite.
    """
    try:
        with path.open("rb") as file:
            sha256 = hashlib.file_digest(file, "sha256").hexdigest()
        with safe_open(path, framework="pt") as opened:
            naming, tensors = _read(opened, path.name)
            told = _told(opened.metadata() or {})
    except (OSError, SafetensorError) as error:
        reason = getattr(error, "strerror", None) or "it is not in this format"
        message = (
            f"{path.name} can't be read as safetensors ({reason}). PyTorch's own files "
            "(.pt, .pth, .bin) can run code and are not read; docs/how-to/train.md "
            "says how to convert one."
        )
        raise TrainingRefused(message) from error
    return InitialWeights(tensors, sha256, naming.keys, told)


def _read(opened: Any, file: str) -> tuple[_Naming, dict[str, Tensor]]:  # noqa: ANN401 - safetensors has no types
    """Read the tensors of an open file, by this network's own names.

    Raises:
        TrainingRefused: If they are not those of a ResNet-50.
    """
    declared = {name: _declared(opened.get_slice(name)) for name in opened.keys()}  # noqa: SIM118 - no mapping
    naming = _recognise(declared)
    with torch.device("meta"):  # sizes without values
        plain = ResNet50().state_dict()
    wanted = {
        naming.name(own): (own, tuple(tensor.shape))
        for own, tensor in plain.items()
        if not _is_counter(own) and not own.startswith("fc.")
    }
    _refuse(file, list(_mismatches(declared, naming, wanted)))
    tensors = {
        own: _as_grey(own, opened.get_tensor(name).float())
        for name, (own, _) in wanted.items()
    }
    _refuse(file, list(_bad_values(tensors, naming)))
    return naming, tensors


def _declared(tensor: Any) -> _Declared:  # noqa: ANN401 - safetensors has no types
    return _Declared(tuple(tensor.get_shape()), tensor.get_dtype())


def _recognise(declared: Mapping[str, _Declared]) -> _Naming:
    """Tell by the name of the first convolution how a file names all."""
    styles: tuple[tuple[KeyStyle, str], ...] = (
        ("torchvision", _STEM),
        ("RadImageNet", "0.weight"),
    )
    found = [(True, 0, _Naming("torchvision", ""))]
    for name, one in declared.items():
        for keys, end in styles:
            if name == end or name.endswith(f".{end}"):
                naming = _Naming(keys, name.removesuffix(end))
                found.append((one.shape[2:] != (7, 7), name.count("."), naming))
    return min(found[1:] or found, key=lambda each: each[:2])[2]


def _mismatches(
    declared: Mapping[str, _Declared],
    naming: _Naming,
    wanted: Mapping[str, tuple[str, tuple[int, ...]]],
) -> Iterator[str]:
    yield from _named("missing", [name for name in wanted if name not in declared])
    needless = (
        each for each in declared if _is_counter(each) or naming.is_of_classifier(each)
    )
    yield from _named("unknown", sorted({*declared} - {*wanted} - {*needless}))
    present = {name: declared[name] for name in wanted if name in declared}
    yield from _named(
        "of another shape",
        [
            f"{name} {_sizes(one.shape)} instead of {_sizes(wanted[name][1])}"
            for name, one in present.items()
            if not _fits(one.shape, *wanted[name])
        ],
    )
    yield from _named(
        "of a type other than float32, float16 and bfloat16",
        [
            f"{name} {one.kind}"
            for name, one in present.items()
            if one.kind not in _TYPES
        ],
    )


def _bad_values(tensors: Mapping[str, Tensor], naming: _Naming) -> Iterator[str]:
    yield from _named(
        "not finite",
        [naming.name(own) for own, one in tensors.items() if not one.isfinite().all()],
    )
    yield from _named(
        "of negative variance",
        [
            naming.name(own)
            for own, one in tensors.items()
            if own.endswith("running_var") and bool((one < 0.0).any())
        ],
    )


def _refuse(file: str, problems: Sequence[str]) -> None:
    """Raise TrainingRefused if there is a problem.

    Raises:
        TrainingRefused: If there is one; the message names all kinds.
    """
    if problems:
        message = f"{file} can't be started from: {'; '.join(problems)}. {_ADVICE}"
        raise TrainingRefused(message)


def _named(what: str, names: Sequence[str]) -> Iterator[str]:
    """Yield how many tensors are wrong in one way, with the first names, if any."""
    if names:
        are = "tensor is" if len(names) == 1 else "tensors are"
        yield f"{len(names)} {are} {what} ({some(names)})"


def _fits(shape: tuple[int, ...], own: str, wanted: tuple[int, ...]) -> bool:
    if own == _STEM:  # in colour, or grey already
        return shape in {wanted, (wanted[0], 3, *wanted[2:])}
    return shape == wanted


def _as_grey(own: str, tensor: Tensor) -> Tensor:
    return tensor.sum(dim=1, keepdim=True) if own == _STEM else tensor


def _is_counter(name: str) -> bool:
    """Return whether a tensor only counts batches, which many files leave out."""
    return name.endswith("num_batches_tracked")


def _sizes(shape: Sequence[int]) -> str:
    return " x ".join(map(str, shape)) or "of one number"


def _told(metadata: Mapping[str, str]) -> dict[str, str]:
    """Return what the header says of licence and source, on one line each."""
    plain = {key.lower(): " ".join(text.split()) for key, text in metadata.items()}
    return {key: plain[key][:_LONGEST] for key in _TOLD if plain.get(key)}
