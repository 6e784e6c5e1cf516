"""Where the brain is: the networks that ship, on drawn heads and a real one."""

import hashlib
import re
from pathlib import Path

import nibabel
import numpy as np
import pytest
from numpy.typing import NDArray

import alzer.volumes
from alzer.errors import NotBrainLike
from alzer.scans.volume import Volume
from alzer.settings import EngineName
from alzer.volumes.axes import AxisOrder
from alzer.volumes.brain_extraction import (
    BrainNetworks,
    extract_brain,
    load_brain_networks,
)
from heads import Head, draw_head

Mask = NDArray[np.bool_]

NOTICE = Path(__file__).parents[2] / "NOTICE"
SHIPPED = Path(alzer.volumes.__file__).parent / "networks"

# Brain voxels that deepbet 1.0.2 itself finds in OAS1_0096, in every sixteenth plane
# along i, j and k (tools/compare_brain_masks.py).
DEEPBET_AREAS = (
    (0, 0, 4298, 11227, 15393, 17537, 17441, 17161, 14593, 10206, 2302, 0),
    (0, 0, 3063, 9536, 13600, 15297, 13998, 13622, 12949, 11040, 8241, 6019, 2691, 0),
    (0, 1165, 6275, 12661, 18840, 19801, 18476, 15881, 11482, 5248, 0, 0),
)
DEEPBET_VOXELS = 1757625


@pytest.fixture(scope="module")
def networks() -> BrainNetworks:
    return load_brain_networks(threads=2)


@pytest.fixture(scope="module")
def head() -> Head:
    return draw_head()


@pytest.fixture(scope="module")
def mask(head: Head, networks: BrainNetworks) -> Mask:
    return extract_brain(head.volume, networks)


def dice(mask: Mask, other: Mask) -> float:
    return float(2.0 * (mask & other).sum() / (mask.sum() + other.sum()))


def test_a_drawn_brain_is_found(head: Head, mask: Mask) -> None:
    assert mask.dtype == np.bool_
    assert dice(mask, head.brain) > 0.95


def test_the_order_of_axes_and_the_unit_of_greys_change_nothing(
    head: Head, mask: Mask, networks: BrainNetworks
) -> None:
    order = AxisOrder((2, 0, 1), (True, False, True))
    affine = head.volume.affine.copy()
    affine[:3, list(order.order)] = affine[:3, :3] * np.where(
        order.is_reversed, -1.0, 1.0
    )
    voxels = order.undo(4.0 * head.volume.voxels)

    found = extract_brain(Volume(voxels, affine, "phantom"), networks)

    assert (found == order.undo(mask)).all()


# OpenVINO sums in another order on one core than on two; 13 voxels of a plane differ.
@pytest.mark.parametrize(("engine", "voxels"), [("onnxruntime", 5), ("openvino", 15)])
def test_a_real_head_gets_the_mask_that_deepbet_gives(
    data_dir: Path, engine: EngineName, voxels: int
) -> None:
    image = nibabel.Nifti1Image.from_filename(
        data_dir / "volumes" / "sub-0096_T1w_jdac.nii.gz"
    )
    volume = Volume(image.get_fdata(dtype=np.float32), image.affine, "NIfTI")

    found = extract_brain(volume, load_brain_networks(threads=2, engine=engine))

    assert found.sum() == pytest.approx(DEEPBET_VOXELS, rel=2e-4)
    for axis, expected in enumerate(DEEPBET_AREAS):
        others = tuple(other for other in range(3) if other != axis)
        areas = found.sum(others)[::16]
        np.testing.assert_allclose(areas, expected, rtol=2e-3, atol=voxels)


@pytest.mark.parametrize("bright_voxels", [0, 8])
def test_without_a_head_there_is_a_refusal_that_says_what_to_send(
    bright_voxels: int, networks: BrainNetworks
) -> None:
    voxels = np.full((40, 44, 40), 7.0, np.float32)
    voxels[20, 20, :bright_voxels] = 100.0
    volume = Volume(voxels, np.diag([5.0, 5.0, 5.0, 1.0]), "phantom")

    with pytest.raises(NotBrainLike, match="T1-weighted MRI of the whole head"):
        extract_brain(volume, networks)


def test_what_is_told_of_the_progress_can_end_the_work(
    head: Head, networks: BrainNetworks
) -> None:
    told = []

    def cancel(share: float) -> None:
        told.append(share)
        raise InterruptedError

    with pytest.raises(InterruptedError):
        extract_brain(head.volume, networks, cancel)

    assert 0.0 < told[0] < 1.0


def test_the_notice_has_the_digest_of_every_network_that_ships() -> None:
    listed = dict(
        re.findall(
            r"^src/\S+/(\S+\.onnx)\s+SHA-256 (\w{64})$",
            NOTICE.read_text(),
            re.MULTILINE,
        )
    )

    shipped = {path.name: path.read_bytes() for path in SHIPPED.glob("*.onnx")}

    assert {
        name: hashlib.sha256(content).hexdigest() for name, content in shipped.items()
    } == listed
