"""The model as a MONAI Bundle: configuration, weights, and what to know of them.

Source: MONAI Bundle Specification, docs.monai.io/en/stable/mb_specification.html.
"""

import json
from collections.abc import Iterator, Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

from alzer.classes import CLASS_NAMES
from alzer.model.bundle import Bundle
from alzer.reports.model_figures import model_facts
from alzer.training.files import write_whole
from alzer.training.licence import NOT_STATED, is_shipped
from alzer.training.portable import (
    DISCLAIMER,
    describe_preparation,
    portable_onnx,
    provenance,
)
from alzer.training.torchscript import as_state, as_torchscript, restore_network

# The newest that MONAI's own bundles name.
_SCHEMA: Final = (
    "https://github.com/Project-MONAI/MONAI-extra-test-data/releases/download/0.8.1/"
    "meta_schema_20240725.json"
)

# With these the bundle was tried; torch writes its own version.
_MONAI: Final = "1.6.1"
_IGNITE: Final = "0.5"

_TASK: Final = "Degree of cognitive impairment from one axial slice of a T1 brain MRI"


def write_monai_bundle(folder: Path, bundle: Bundle, licence: str, text: str) -> None:
    """Write a model as a MONAI Bundle.

    Args:
        folder: Created if absent; the bundle's root.
        bundle: The model.
        licence: Its name.
        text: Its whole text.

    Raises:
        InvalidRequest: The network is of another architecture than `alzer train` makes.
        EngineUnavailable: What would be written answers otherwise than the model.
        StorageUnavailable: The folder can't be written.
    """
    network = restore_network(bundle)
    files = {
        "configs/metadata.json": _as_json(metadata(bundle, licence)),
        "configs/inference.json": _as_json(inference_config()),
        "models/model.pt": as_state(network),
        "models/model.ts": as_torchscript(network, bundle),
        "models/model.onnx": portable_onnx(bundle, licence),
        "docs/README.md": readme(bundle, licence).encode(),
        "docs/license.txt": text.encode(),
        "LICENSE": text.encode(),
    }
    for name, content in files.items():
        write_whole(folder / name, content)


def metadata(bundle: Bundle, licence: str) -> dict[str, Any]:
    """Return a bundle's metadata.

    Args:
        bundle: The model.
        licence: Its name.
    """
    told = provenance(bundle, licence)
    packages = {"pytorch-ignite": _IGNITE, "onnxruntime": "1.32"}
    return {
        "schema": _SCHEMA,
        "version": f"{bundle.version}.0.0"
        if bundle.version.isdecimal()
        else bundle.version,
        "changelog": {bundle.version: f"exported from {bundle.name} {bundle.version}"},
        "monai_version": _MONAI,
        "pytorch_version": version("torch").partition("+")[0],
        "numpy_version": version("numpy"),
        "required_packages_version": packages,
        "optional_packages_version": packages,
        "name": bundle.name,
        "task": _TASK,
        "description": f"{told['outputs']} {DISCLAIMER}",
        "authors": "the authors of alzer" if is_shipped(bundle) else NOT_STATED,
        "copyright": f"see LICENSE ({licence})",
        "license": licence,
        "data_source": " ".join((told["data"], told["acknowledgement"])).strip(),
        "data_type": "NumPy arrays, prepared",
        "image_classes": told["preparation"],
        "pred_classes": ", ".join(CLASS_NAMES),
        "intended_use": DISCLAIMER,
        "limitations": list(bundle.card.get("limitations") or ()),
        "model_sha256": bundle.sha256,
        "eval_metrics": bundle.card.get("metrics") or {},
        "network_data_format": _data_format(bundle),
    }


def _data_format(bundle: Bundle) -> dict[str, Any]:
    spec = bundle.spec
    low = -spec.mean / spec.deviation
    high = (spec.ceiling - spec.mean) / spec.deviation
    common = {"dtype": "float32", "is_patch_data": False}
    return {
        "inputs": {
            "image": {
                "type": "image",
                "format": "magnitude",
                "modality": "MR",
                "num_channels": 1,
                "spatial_shape": [spec.height, spec.width],
                "value_range": [round(low, 4), round(high, 4)],
                "channel_def": {"0": "prepared slice"},
                **common,
            }
        },
        "outputs": {
            "pred": {
                "type": "tuples",
                "format": "classes",
                "modality": "n/a",
                "num_channels": len(CLASS_NAMES),
                "spatial_shape": [],
                "value_range": [],
                "channel_def": {str(i): name for i, name in enumerate(CLASS_NAMES)},
                **common,
            }
        },
    }


def inference_config() -> dict[str, Any]:
    """Return how MONAI runs the model on a folder of prepared slices.

    Each is a `.npy` file of float32, shape (row, column). The result is a table of
    probabilities.
    """
    keys = {"keys": "image"}
    return {
        "imports": ["$import glob", "$import os"],
        "bundle_root": ".",
        "dataset_dir": "$@bundle_root + '/inputs'",
        "output_dir": "$@bundle_root + '/eval'",
        "device": "$torch.device('cpu')",
        "network_def": {
            "_target_": "torch.jit.load",
            "f": "$@bundle_root + '/models/model.ts'",
            "map_location": "@device",
        },
        "preprocessing": _compose(
            # Files of NumPy tell nothing of axes: rows come first, as they lie.
            {"_target_": "LoadImaged", **keys, "reader": "NumpyReader"},
            {"_target_": "EnsureChannelFirstd", **keys, "channel_dim": "no_channel"},
            {"_target_": "EnsureTyped", **keys, "dtype": "$torch.float32"},
        ),
        "datalist": "$sorted(glob.glob(os.path.join(@dataset_dir, '*.npy')))",
        "dataset": {
            "_target_": "Dataset",
            "data": "$[{'image': name} for name in @datalist]",
            "transform": "@preprocessing",
        },
        "dataloader": {
            "_target_": "DataLoader",
            "dataset": "@dataset",
            "batch_size": 8,
            "shuffle": False,
            "num_workers": 0,
        },
        "inferer": {"_target_": "SimpleInferer"},
        "postprocessing": _compose(
            {"_target_": "Activationsd", "keys": "pred", "softmax": True},
        ),
        "handlers": [
            {
                "_target_": "ClassificationSaver",
                "output_dir": "@output_dir",
                "filename": "probabilities.csv",
                "batch_transform": "$lambda batch: [i['image'].meta for i in batch]",
                "output_transform": "$lambda output: [i['pred'] for i in output]",
            }
        ],
        "evaluator": {
            "_target_": "SupervisedEvaluator",
            "device": "@device",
            "val_data_loader": "@dataloader",
            "network": "@network_def",
            "inferer": "@inferer",
            "postprocessing": "@postprocessing",
            "val_handlers": "@handlers",
        },
        "run": ["$@evaluator.run()"],
    }


def _compose(*steps: Mapping[str, Any]) -> dict[str, Any]:
    return {"_target_": "Compose", "transforms": list(steps)}


def readme(bundle: Bundle, licence: str) -> str:
    """Return what a person should read first.

    Args:
        bundle: The model.
        licence: Its name.
    """
    return "\n".join(_readme(bundle, licence)) + "\n"


def _readme(bundle: Bundle, licence: str) -> Iterator[str]:
    told = provenance(bundle, licence)
    yield f"# {bundle.name} {bundle.version}\n"
    yield f"> {DISCLAIMER}\n"
    yield f"{_TASK}: {', '.join(CLASS_NAMES)}. {told['outputs']}\n"
    yield f"## Input\n\n{describe_preparation(bundle.spec)}\n"
    yield "## Run\n"
    yield (
        "Put prepared slices into `inputs/` as `.npy` files of float32, shape (row, "
        "column); `eval/probabilities.csv` has a row for each.\n"
    )
    yield "```sh\npython -m monai.bundle run --config_file configs/inference.json"
    yield "```\n\n`models/model.onnx` gives maps and ood_score besides.\n"
    yield "## The model\n"
    card = dict(bundle.card)
    facts = {"name": bundle.name, "version": bundle.version, "sha256": bundle.sha256}
    for fact in model_facts(facts, card):
        if fact.name != "Run by":
            yield f"- {fact.name}: {fact.value}"
    yield f"- Licence: {licence}"
    yield f"- Data: {told['data']}. {told['acknowledgement']}".rstrip()
    yield "\n## Limits\n"
    for text in bundle.card.get("limitations") or ["Not stated by the model's card."]:
        yield f"- {text}"


def _as_json(values: Mapping[str, Any]) -> bytes:
    return (json.dumps(values, indent=4, ensure_ascii=False) + "\n").encode()
