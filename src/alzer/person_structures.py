"""Structures of a person's brain: their volumes, and how the evidence meets them."""

from dataclasses import replace
from functools import cache
from pathlib import Path

from alzer.answer import Analysis
from alzer.errors import NotBrainLike
from alzer.person_evidence import evidence_volume, prepared_of
from alzer.scans.volume import Volume
from alzer.volumes.addon import STRUCTURES
from alzer.volumes.meshnet import MeshNet
from alzer.volumes.structure_evidence import HeadStructures, evidence_by_structure
from alzer.volumes.structures import (
    load_structure_network,
    measure_structures,
    segment_structures,
)


def find_structure_network(data_dir: Path, threads: int = 0) -> MeshNet | None:
    """Load the add-on for structures if people have installed it.

    Args:
        data_dir: The data folder of the settings.
        threads: Threads for one run; 0 means all cores that the process may use.

    Returns:
        The network, loaded once; None if it is not installed.

    Raises:
        DamagedBundle: If it was altered.
        EngineUnavailable: If OpenVINO is not installed.
    """
    if not STRUCTURES.is_installed(data_dir):
        return None
    return _load(data_dir, threads)


_load = cache(load_structure_network)


def add_structures(analysis: Analysis, network: MeshNet) -> Analysis:
    """Measure the structures of a brain that was answered for.

    Args:
        analysis: Of a whole head.
        network: That draws the structures.

    Returns:
        The same with its structures; with a warning where none can be told apart.

    Raises:
        InvalidRequest: If the analysis is of one slice.
    """
    prepared = prepared_of(analysis)
    volume, mask = prepared.volume, prepared.mask
    try:
        labels = segment_structures(volume, mask, network)
    except NotBrainLike as refusal:
        return replace(analysis, warnings=(*analysis.warnings, refusal.message))
    found = evidence_volume(analysis)
    evidence = Volume(found.values, found.affine, volume.source)
    structures = HeadStructures(
        measure_structures(labels, mask, volume.affine),
        evidence_by_structure(labels, evidence, max(found.cell_mm)),
    )
    return replace(analysis, structures=structures)
