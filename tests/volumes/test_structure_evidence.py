"""How much of the evidence lies in and next to a structure."""

import numpy as np
import pytest

from alzer.scans.volume import Volume
from alzer.volumes.meshnet import Labels
from alzer.volumes.structure_evidence import evidence_by_structure, evidence_caveat
from alzer.volumes.structures import STRUCTURE_NAMES

HIPPOCAMPUS = STRUCTURE_NAMES.index("hippocampus")
THALAMUS = STRUCTURE_NAMES.index("thalamus")
CELL_MM = 8.0

# A hippocampus of 4 x 4 x 4 voxels in a brain that is not named elsewhere.
SHAPE = (40, 30, 20)
CORNER = (10, 12, 8)


def labels() -> Labels:
    drawn = np.zeros(SHAPE, np.uint8)
    drawn[10:14, 12:16, 8:12] = HIPPOCAMPUS
    return drawn


def evidence(spacing_mm: float = 1.0, **values: float) -> Volume:
    """Return evidence of `other` everywhere, with other values at single voxels.

    Args:
        spacing_mm: Of the first axis.
        **values: By a place such as `at_10_12_8`, and `other`.
    """
    voxels = np.full(SHAPE, values.pop("other", 0.0), np.float32)
    for place, value in values.items():
        first, second, third = map(int, place.split("_")[1:])
        voxels[first, second, third] = value
    return Volume(voxels, np.diag([spacing_mm, 1.0, 1.0, 1.0]), "evidence")


def test_evidence_within_a_structure_is_inside_and_near() -> None:
    (found,) = evidence_by_structure(
        labels(), evidence(at_10_12_8=2.0, at_30_12_8=6.0), CELL_MM
    ).values()

    assert found.inside == found.near == 0.25


@pytest.mark.parametrize(
    ("place", "is_near"),
    [
        ("at_9_12_8", True),
        ("at_2_12_8", True),
        ("at_21_23_19", True),
        ("at_1_12_8", False),
        ("at_22_12_8", False),
        ("at_10_3_8", False),
    ],
)
def test_near_means_within_one_cell(place: str, is_near: bool) -> None:  # noqa: FBT001 - of the table
    found = evidence_by_structure(labels(), evidence(**{place: 1.0}), CELL_MM)
    near = found["hippocampus"].near if found else 0.0

    assert near == float(is_near)
    assert not found or found["hippocampus"].inside == 0.0


def test_a_cell_is_measured_in_millimetres() -> None:
    at = {"at_6_12_8": 1.0, "at_30_12_8": 1e-3}
    fine = evidence_by_structure(labels(), evidence(2.0, **at), CELL_MM)
    coarse = evidence_by_structure(labels(), evidence(2.1, **at), CELL_MM)

    assert fine["hippocampus"].near > 0.99
    assert coarse["hippocampus"].near == 0.0


def test_even_evidence_is_shared_as_what_was_looked_at_is() -> None:
    found = evidence_by_structure(labels(), evidence(other=0.5), CELL_MM)["hippocampus"]

    assert found.inside == pytest.approx(64 / np.prod(SHAPE), rel=1e-6)
    assert found.inside == pytest.approx(found.looked_at_inside)
    assert found.near == pytest.approx(found.looked_at_near)
    assert found.near == pytest.approx(20 * 20 * 20 / np.prod(SHAPE), rel=0.01)


def test_evidence_against_the_class_counts_where_it_is_asked_for() -> None:
    found = evidence(at_10_12_8=-3.0, at_30_12_8=1.0)
    positive = evidence_by_structure(labels(), found, CELL_MM)["hippocampus"]
    absolute = evidence_by_structure(labels(), found, CELL_MM, "absolute")

    assert positive.inside == 0.0
    assert positive.looked_at_inside == 0.5
    assert absolute["hippocampus"].inside == 0.75


def test_where_nothing_was_looked_at_there_is_nothing_to_say() -> None:
    assert evidence_by_structure(labels(), evidence(), CELL_MM) == {}


def test_without_evidence_for_the_class_the_shares_are_0() -> None:
    against = evidence_by_structure(labels(), evidence(other=-1.0), CELL_MM)

    assert against["hippocampus"].near == 0.0
    assert against["hippocampus"].looked_at_near > 0.0


def test_two_structures_may_claim_the_same_evidence() -> None:
    two = labels()
    two[16:18, 12:16, 8:12] = THALAMUS
    found = evidence_by_structure(two, evidence(at_15_13_9=1.0), CELL_MM)

    assert {name: each.near for name, each in found.items()} == {
        "thalamus": 1.0,
        "hippocampus": 1.0,
    }


def test_the_caveat_names_the_size_of_a_cell_and_no_disease() -> None:
    assert "17 mm" in evidence_caveat(16.6)
    assert "not where disease is" in evidence_caveat(16.6)
