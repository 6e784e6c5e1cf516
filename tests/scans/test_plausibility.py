"""Is it a brain slice?"""

from pathlib import Path

import nibabel
import numpy as np
import pytest
from PIL import Image

from alzer.errors import ConstantImage, NotBrainLike, UnusableScan
from alzer.evaluation.made_up import MADE_UP
from alzer.scans.formats import read_slice
from alzer.scans.orientation import StandardView, to_standard_view
from alzer.scans.plausibility import examine
from phantoms import draw_phantom


def view_of(pixels: np.ndarray) -> StandardView:
    return StandardView(pixels.astype(np.float32))


@pytest.mark.parametrize("skull", [False, True])
@pytest.mark.parametrize("shape", [(208, 176), (64, 60), (300, 512), (1200, 1000)])
def test_a_brain_passes_and_is_found(shape: tuple[int, int], *, skull: bool) -> None:
    phantom = draw_phantom(shape, skull=skull)

    top, left, bottom, right = examine(view_of(phantom.pixels)).box

    rows, columns = np.nonzero(phantom.pixels > 0.3)
    coarse = max(shape) / 256 + 1
    edges = (rows.min(), columns.min(), rows.max() + 1, columns.max() + 1)
    assert np.abs(np.subtract((top, left, bottom, right), edges)).max() <= coarse


def test_brightness_and_units_do_not_matter() -> None:
    pixels = draw_phantom().pixels

    plain, other = examine(view_of(pixels)), examine(view_of(pixels * 3e4 - 1e4))

    assert plain.box == pytest.approx(other.box, abs=0.01)


def test_a_constant_image_is_named_as_such() -> None:
    with pytest.raises(ConstantImage):
        examine(view_of(np.full((90, 90), 3.0)))


ROWS, COLUMNS = np.indices((120, 120))
RADIUS = np.hypot(ROWS - 59.5, COLUMNS - 59.5)
NOISE = np.random.default_rng(0).random(ROWS.shape)

IMPOSTORS = {
    "too few": draw_phantom((30, 26)).pixels,
    "no large bright object": RADIUS < 8,
    "no background": NOISE + 2.0 - 2.0 * (RADIUS < 1),
    "runs out of the picture": np.where(ROWS > 50, 0.5 + 0.5 * NOISE, 0),
    "several separate": (np.abs(COLUMNS - 30) < 22) & (np.abs(ROWS - 60) < 30)
    | (np.abs(COLUMNS - 90) < 22) & (np.abs(ROWS - 60) < 30),
    "long and thin": (np.abs(ROWS - 60) < 12) & (np.abs(COLUMNS - 60) < 55),
    "outline": (RADIUS < 50) & ((np.abs(ROWS - 60) < 14) | (np.abs(COLUMNS - 60) < 14)),
    "not dark": np.where(RADIUS < 45, 0.3 + 0.6 * NOISE, 0.2 * (ROWS > 0)),
    "no structure": RADIUS < 45,
}  # fmt: skip


@pytest.mark.parametrize("phrase", IMPOSTORS)
def test_what_is_no_brain_is_refused_with_the_reason(phrase: str) -> None:
    with pytest.raises(NotBrainLike, match=phrase):
        examine(view_of(IMPOSTORS[phrase]))


BRAIN = draw_phantom().pixels
ROWS_OF_BRAIN, _ = np.indices(BRAIN.shape)


def resized(pixels: np.ndarray, rows: int, columns: int) -> np.ndarray:
    picture = Image.fromarray(pixels.astype(np.float32))
    return np.asarray(picture.resize((columns, rows), Image.Resampling.BILINEAR))


def with_box(pixels: np.ndarray) -> np.ndarray:
    covered = pixels.copy()
    covered[70:140, 60:115] = 0.0
    return covered


def bitten(pixels: np.ndarray) -> np.ndarray:
    rows, columns = np.indices(pixels.shape)
    return np.where(np.hypot(rows - 70, columns - 42) < 26, 0.0, pixels)


def on_a_page(pixels: np.ndarray) -> np.ndarray:
    page = np.pad(pixels, 40, constant_values=1.0)
    page[-20:-14, 60:150:3] = 0.0  # a caption
    return page


def circled(pixels: np.ndarray, level: float) -> np.ndarray:
    rows, columns = np.indices(pixels.shape)
    radius = np.hypot(rows - 95, columns - 85)
    return np.where(np.abs(radius - 25) < 1.2, level, pixels)


GRAIN = np.random.default_rng(0).normal(0.0, 0.15, BRAIN.shape) * (BRAIN > 0.02)

DOUBTFUL = {
    "skull is still on": draw_phantom(skull=True).pixels,
    "shape of one grey level": with_box(BRAIN),
    "is missing": bitten(BRAIN),
    "runs out of the picture": BRAIN[30:],
    "squashed": resized(BRAIN, 128, 128),
    "stretched": resized(BRAIN, 208, 140),
    "on its side": BRAIN.T,
    "not T1-weighted": np.where(BRAIN > 0.02, 1.0 - BRAIN, 0.0),
    "much noisier": np.clip(BRAIN + GRAIN, 0.05 * (BRAIN > 0.02), None),
    "mirror images": np.hstack([BRAIN[:, :88], BRAIN[:, 87::-1]]),
    "drawn over": circled(BRAIN, 1.0),
    "photograph": BRAIN * 0.8 + 0.05 + ROWS_OF_BRAIN / 1500.0,
}


@pytest.mark.parametrize("phrase", DOUBTFUL)
def test_what_was_done_to_a_slice_is_named(phrase: str) -> None:
    doubts = examine(view_of(DOUBTFUL[phrase])).doubts

    assert [phrase in doubt for doubt in doubts] == [True]


def test_a_plain_slice_raises_no_doubt_and_no_warning() -> None:
    head = examine(view_of(BRAIN))

    assert (head.doubts, head.warnings) == ((), ())


REFUSED = {
    "several slices": np.tile(BRAIN, (2, 2)),
    "looks inverted": 1.0 - BRAIN,
    "crop the picture": on_a_page(BRAIN),
}

SMALL = BRAIN[::2, ::2]
SEVERAL = {
    "many": np.tile(SMALL, (5, 6)),
    "one place free": np.block([[BRAIN, BRAIN], [BRAIN, np.zeros_like(BRAIN)]]),
    "a line between": np.hstack([BRAIN, np.ones((len(BRAIN), 4)), BRAIN]),
    "a thumbnail": np.hstack(
        [BRAIN, np.pad(resized(BRAIN, 60, 50), ((148, 0), (3, 3)))]
    ),
    "of other sizes": np.hstack([BRAIN, np.pad(resized(BRAIN, 150, 130), (29, 29))]),
}


@pytest.mark.parametrize("layout", SEVERAL)
def test_several_slices_are_named_in_any_layout(layout: str) -> None:
    with pytest.raises(NotBrainLike, match="several slices"):
        examine(view_of(SEVERAL[layout]))


@pytest.mark.parametrize("phrase", REFUSED)
def test_a_refusal_names_what_the_picture_is(phrase: str) -> None:
    with pytest.raises(NotBrainLike, match=phrase):
        examine(view_of(REFUSED[phrase]))


@pytest.mark.parametrize("thickness", [1, 3, 25])
def test_a_frame_is_left_out_and_said(thickness: int) -> None:
    framed = np.pad(BRAIN, thickness, constant_values=1.0)

    head, plain = examine(view_of(framed)), examine(view_of(BRAIN))

    assert np.subtract(head.box, thickness).tolist() == list(plain.box)
    assert (head.outline, head.doubts) == (plain.outline, ())
    assert head.view.pixels.max() == view_of(BRAIN).pixels.max()
    assert ["frame" in warning for warning in head.warnings] == [True]


def written(row: int, level: float) -> np.ndarray:
    pixels = BRAIN.copy()
    for column in range(6, 36, 5) if row == 3 else range(70, 100, 5):
        pixels[row : row + 8, column : column + 2] = level
        pixels[row, column : column + 4] = level
    return pixels


@pytest.mark.parametrize(("row", "level"), [(3, 1.0), (100, 1.0), (130, 0.0)])
def test_text_is_warned_of_beside_the_head_and_over_it(row: int, level: float) -> None:
    head = examine(view_of(written(row, level)))

    assert ["text" in warning for warning in head.warnings] == [True]
    assert all("text" in doubt for doubt in head.doubts)


def test_text_beside_the_head_raises_no_doubt() -> None:
    assert examine(view_of(written(3, 1.0))).doubts == ()


@pytest.mark.parametrize("level", [0.0, 0.2, 1.0])
@pytest.mark.parametrize("size", [1, 2])
def test_a_drawn_circle_is_doubted(level: float, size: int) -> None:
    large = circled(BRAIN, level).repeat(size, axis=0).repeat(size, axis=1)

    assert ["drawn over" in doubt for doubt in examine(view_of(large)).doubts] == [True]


def test_a_film_on_a_light_box_is_doubted_and_a_framed_export_is_not() -> None:
    film = np.pad(BRAIN * 0.6 + 0.1, 30, constant_values=1.0)
    export = np.pad(BRAIN, 30, constant_values=1.0)

    assert ["photograph" in doubt for doubt in examine(view_of(film)).doubts] == [True]
    assert examine(view_of(export)).doubts == ()


@pytest.mark.parametrize("turn", [(1, -1), (-1, 1), (-1, -1)])
@pytest.mark.parametrize("name", ["plain", *DOUBTFUL])
def test_mirrors_and_half_turns_change_nothing(
    name: str, turn: tuple[int, int]
) -> None:
    pixels = DOUBTFUL.get(name, BRAIN)

    one, other = (
        examine(view_of(picture))
        for picture in (pixels, pixels[:: turn[0], :: turn[1]])
    )

    assert (one.outline, one.doubts, one.warnings) == (
        other.outline,
        other.doubts,
        other.warnings,
    )


def refused(path: Path) -> bool:
    try:
        examine(to_standard_view(read_slice(path.read_bytes())))
    except UnusableScan:
        return True
    return False


def test_real_slices_pass(data_dir: Path) -> None:
    slices = sorted((data_dir / "oasis1-axial").rglob("*.jpg"))[::16]

    assert len(slices) == 400
    assert sum(map(refused, slices)) <= 2


def test_photographs_and_x_rays_are_refused(data_dir: Path) -> None:
    folders = (data_dir / "ood" / "natural", data_dir / "ood" / "xray")
    others = [path for folder in folders for path in folder.iterdir() if path.is_file()]

    assert sum(map(refused, others)) >= 0.9 * len(others)


def grey_of(path: Path) -> np.ndarray:
    return read_slice(path.read_bytes()).pixels


def is_doubted(pixels: np.ndarray) -> bool:
    return bool(examine(view_of(pixels)).doubts)


def passes(pixels: np.ndarray) -> bool:
    try:
        return not is_doubted(pixels)
    except UnusableScan:
        return False


def test_hardly_any_real_slice_is_doubted_and_all_squashed_ones_are(
    data_dir: Path,
) -> None:
    slices = sorted((data_dir / "oasis1-axial").rglob("*.jpg"))[::64]
    pictures = [grey_of(path) for path in slices]

    assert len(slices) == 100
    assert sum(map(is_doubted, pictures)) <= 1
    assert sum(is_doubted(resized(each, 176, 176)) for each in pictures) >= 98
    assert sum(is_doubted(with_box(each)) for each in pictures) >= 95


@pytest.mark.parametrize("kind", [kind for kind in MADE_UP if "box" in kind])
def test_hardly_any_covered_slice_passes(data_dir: Path, kind: str) -> None:
    slices = sorted((data_dir / "oasis1-axial").rglob("*.jpg"))[::160]
    random = np.random.default_rng(1)
    pictures = [
        MADE_UP[kind](grey_of(path).astype(np.uint8), random) for path in slices
    ]

    assert len(pictures) == 40
    assert sum(map(passes, pictures)) <= 2


def test_every_slice_with_its_skull_is_noticed(data_dir: Path) -> None:
    for path in sorted((data_dir / "volumes").glob("*.nii.gz"))[::3]:
        volume = nibabel.nifti1.Nifti1Image.from_filename(path).get_fdata()
        for height in (70, 82, 94):
            doubts = examine(view_of(volume[:, ::-1, height].T)).doubts

            assert any("skull" in doubt for doubt in doubts)


def test_another_preparation_of_the_same_people_is_not_refused(data_dir: Path) -> None:
    slices = sorted((data_dir / "oasis2-planes" / "axl").glob("*.nii.gz"))[::8]

    assert sum(map(refused, slices)) == 0
