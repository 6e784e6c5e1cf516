"""Random changes that leave the label as it is."""

import numpy as np
import pytest
import torch

from alzer.training.augmentation import Augmentation, augment

NONE = Augmentation(
    rotation_degrees=0.0,
    scale=0.0,
    aspect=0.0,
    shift=0.0,
    mirror=0.0,
    bias=0.0,
    gamma=0.0,
    contrast=0.0,
    blur=0.0,
    noise=0.0,
    peeled=0.0,
)


def images(count: int = 4) -> torch.Tensor:
    generator = torch.Generator().manual_seed(0)
    return torch.rand(count, 1, 65, 49, generator=generator)


def changed(limits: Augmentation, seed: int = 0) -> torch.Tensor:
    return augment(images(), limits, torch.Generator().manual_seed(seed))


def only(**limits: float) -> Augmentation:
    return Augmentation(**{**NONE.__dict__, **limits})


def test_without_limits_nothing_changes() -> None:
    assert torch.allclose(changed(NONE), images(), atol=1e-5)


def test_changes_depend_on_the_generator_alone() -> None:
    assert torch.equal(changed(Augmentation(), 1), changed(Augmentation(), 1))
    assert not torch.equal(changed(Augmentation(), 1), changed(Augmentation(), 2))


def test_a_mirror_image_is_exact() -> None:
    assert torch.allclose(changed(only(mirror=1.0)), images().flip(3), atol=1e-4)


def test_a_rotated_disk_stays_a_disk_in_a_field_that_is_not_square() -> None:
    rows, columns = np.indices((65, 49))
    disk = (np.hypot(rows - 32, columns - 24) < 16).astype(np.float32)
    batch = torch.from_numpy(disk)[None, None].repeat(8, 1, 1, 1)

    turned = augment(
        batch, only(rotation_degrees=40.0), torch.Generator().manual_seed(1)
    )

    assert float((turned - batch).abs().mean()) < 0.02


def test_sizes_and_places_stay_within_their_limits() -> None:
    rows, columns = np.indices((65, 49))
    disk = (np.hypot(rows - 32, columns - 24) < 10).astype(np.float32)
    batch = torch.from_numpy(disk)[None, None].repeat(32, 1, 1, 1)

    moved = augment(
        batch, only(scale=0.1, shift=0.04), torch.Generator().manual_seed(1)
    )

    areas = moved.sum(dim=(1, 2, 3)) / disk.sum()
    assert 0.8 < float(areas.min()) < float(areas.max()) < 1.26
    centres = (moved * torch.from_numpy(rows)).sum(dim=(1, 2, 3)) / moved.sum(
        dim=(1, 2, 3)
    )
    assert float((centres - 32.0).abs().max()) <= 0.04 * 65 * 1.15 + 0.5


def test_light_changes_keep_order_and_range() -> None:
    plain = images()

    lit = augment(
        plain, only(gamma=0.25, contrast=0.15), torch.Generator().manual_seed(1)
    )

    for before, after in zip(plain, lit, strict=True):
        order = before.flatten().argsort()
        assert (after.flatten()[order].diff() >= -1e-5).all()
        # The darkest place stays as dark; the span changes by the contrast alone.
        span = before.max() - before.min()
        assert float(after.min()) == pytest.approx(float(before.min()), abs=1e-4)
        assert 0.85 - 1e-4 <= float((after.max() - after.min()) / span) <= 1.15 + 1e-4


def test_gamma_alone_bends_the_greys_between() -> None:
    ramp = torch.linspace(0.0, 1.0, 65 * 49).reshape(1, 1, 65, 49).repeat(32, 1, 1, 1)

    bent = augment(ramp, only(gamma=0.25), torch.Generator().manual_seed(1))

    middle = bent[:, 0, 32, 24]
    assert 0.5 ** np.exp(0.25) - 1e-3 <= float(middle.min()) < 0.47
    assert 0.53 < float(middle.max()) <= 0.5 ** np.exp(-0.25) + 1e-3


def test_noise_is_no_stronger_than_its_limit() -> None:
    plain = images(32)

    noisy = augment(plain, only(noise=0.1), torch.Generator().manual_seed(1))

    strengths = (noisy - plain).std(dim=(1, 2, 3))
    assert 0.06 < float(strengths.max()) <= 0.1 * 1.05
    assert float(strengths.min()) < 0.04


def test_light_changes_smoothly_and_within_its_limit() -> None:
    flat = torch.ones(32, 1, 65, 49)
    flat[:, :, 0, 0] = 0.0  # what stays dark, so that the span is one

    lit = augment(flat, only(bias=0.3), torch.Generator().manual_seed(1))[:, 0, 1:]

    assert 0.7 - 1e-4 <= float(lit.min()) < 0.85
    assert 1.15 < float(lit.max()) <= 1.3 + 1e-4
    assert float(lit.diff(dim=1).abs().max()) < 0.6 / 32 + 1e-4


def test_blur_keeps_the_mean_and_spreads_a_dot() -> None:
    dot = torch.zeros(32, 1, 65, 49)
    dot[:, :, 32, 24] = 1.0

    blurred = augment(dot, only(blur=0.8), torch.Generator().manual_seed(1))

    assert blurred.sum(dim=(1, 2, 3)) == pytest.approx(np.ones(32), abs=1e-4)
    rows = torch.arange(65.0) - 32.0
    spread = (blurred[:, 0].sum(dim=2) * rows.square()).sum(dim=1).sqrt()
    assert 0.5 < float(spread.max()) <= 0.82
    assert float(spread.min()) < 0.3


def ringed_heads(count: int) -> torch.Tensor:
    """Draw bright disks with a dark rim of five pixels, and a dark hole inside."""
    rows, columns = np.indices((65, 49))
    radius = np.hypot(rows - 32, columns - 24)
    head = np.where(radius < 20, 0.25, 0.0)
    head[radius < 15] = 0.9
    head[radius < 5] = 0.25
    return torch.from_numpy(head.astype(np.float32))[None, None].repeat(count, 1, 1, 1)


def test_a_dark_rim_is_peeled_and_a_dark_hole_is_not() -> None:
    heads = ringed_heads(32)

    peeled = augment(heads, only(peeled=1.0), torch.Generator().manual_seed(1))

    rims = ((peeled > 0.2) & (peeled < 0.3)).sum(dim=(1, 2, 3))
    hole = int((heads[0, 0, 27:38, 19:30] < 0.3).sum())
    whole = int(((heads[0] > 0.2) & (heads[0] < 0.3)).sum())
    assert int(rims.min()) == hole  # the deepest takes all of the rim
    assert hole < int(rims.max()) < whole  # the least takes some of it
    assert torch.allclose(peeled[heads > 0.5], heads[heads > 0.5], atol=1e-4)


def test_every_image_is_changed_in_a_way_of_its_own() -> None:
    alike = images(1).repeat(6, 1, 1, 1)

    changed_alike = augment(alike, Augmentation(), torch.Generator().manual_seed(1))

    for one in range(6):
        for other in range(one):
            assert not torch.allclose(changed_alike[one], changed_alike[other])


def test_what_is_moved_is_left_as_it_was() -> None:
    plain = images()
    before = plain.clone()

    augment(plain, Augmentation(), torch.Generator().manual_seed(1))

    assert torch.equal(plain, before)
