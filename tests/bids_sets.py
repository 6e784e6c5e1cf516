"""BIDS data sets, and records as `alzer bids` writes them, made by code."""

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from alzer import __version__
from alzer.classes import CLASS_NAMES
from alzer.explain.volume_evidence import encode_nifti
from heads import draw_average_head

DESCRIPTION = {"Name": "Drawn heads", "BIDSVersion": "1.9.0", "DatasetType": "raw"}
RATED = "participant_id\tage\tsex\tcdr\nsub-01\t71\tF\t0\nsub-02\t80\tM\t1\n"


@cache
def head_nifti() -> bytes:
    """Draw a head that passes for a person's."""
    head = draw_average_head().volume
    return encode_nifti(head.voxels, head.affine, "phantom")


@cache
def cube_nifti() -> bytes:
    """Draw a healthy volume that is too small for a head."""
    values = np.random.default_rng(0).uniform(0.0, 100.0, (20, 20, 20))
    return encode_nifti(values.astype(np.float32), np.eye(4), "cube")


def write_data_set(folder: Path, images: Mapping[str, bytes]) -> Path:
    """Write a valid data set.

    Args:
        folder: Is made.
        images: By the beginning of their names, such as `sub-01_ses-1`.

    Returns:
        The folder.
    """
    folder.mkdir(parents=True)
    (folder / "dataset_description.json").write_text(json.dumps(DESCRIPTION), "utf-8")
    (folder / "README").write_text("Heads that were drawn by code.", "utf-8")
    (folder / "participants.tsv").write_text(RATED, "utf-8")
    (folder / "participants.json").write_text(
        '{"cdr": {"Description": "CDR"}}', "utf-8"
    )
    for stem, content in images.items():
        path = folder.joinpath(*stem.split("_")[: 1 + ("ses-" in stem)], "anat")
        path.mkdir(parents=True, exist_ok=True)
        (path / f"{stem}_T1w.nii.gz").write_bytes(content)
    return folder


def record_of(stem: str, shares: tuple[float, ...], **fields: Any) -> dict[str, Any]:  # noqa: ANN401 - any JSON
    """Return the record of an answered image.

    Args:
        stem: Such as `sub-01_ses-1`.
        shares: Probabilities, in order of severity.
        **fields: What is other than usual.
    """
    participant, session = (*stem.split("_"), None)[:2]
    place = "/".join(part for part in (participant, session) if part)
    name = CLASS_NAMES[int(np.argmax(shares))]
    return {
        "input": f"bids:raw:{place}/anat/{stem}_T1w.nii.gz",
        "participant": participant,
        "session": session,
        "prediction": name,
        "headline": name,
        "reliable": True,
        "unreliable_reason": None,
        "confidence": max(shares),
        "class_probabilities": dict(zip(CLASS_NAMES, shares, strict=True)),
        "possible_classes": [name],
        "calibrated": True,
        "warnings": [],
        "preparation": {
            "quality": "good", "reasons": [], "registration_similarity": 0.93,
            "brain_ml": 1400.0,
        },
        "second_opinion": {
            "csf_percent": 20.0, "impairment_probability": 0.2, "agrees": True,
            "text": "It agrees.",
        },
        "map_quality": {"verdict": "inside the brain", "text": "Inside."},
        "model": {"name": "m", "version": "1", "sha256": "ab"},
        "software": {"alzer": __version__},
        **fields,
    }  # fmt: skip


def failure_of(stem: str, **fields: Any) -> dict[str, Any]:  # noqa: ANN401 - any JSON
    """Return the record of an image that could not be analysed."""
    error = {"code": "not_brain_like", "message": "It is no head."}
    answered = record_of(stem, (1.0, 0.0, 0.0, 0.0))
    kept = {name: answered[name] for name in ("input", "participant", "session")}
    return {**kept, "prediction": None, "class_probabilities": None, "error": error,
            **fields}  # fmt: skip
