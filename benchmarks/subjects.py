"""What the benchmarks measure on: the model, a picture, the data folder."""

import io
import os
from pathlib import Path

import numpy as np
from PIL import Image

from alzer.model.bundle import Bundle, load_bundle, shipped_bundle
from alzer.settings import Settings

ROOT = Path(__file__).resolve().parents[1]

# The size of the slices that the model was trained on.
ROWS, COLUMNS = 208, 176


def chosen_bundle() -> Bundle:
    """Give the bundle of ALZER_MODEL, else the one that ships."""
    return load_bundle(Settings.model_validate({}).model or shipped_bundle())


def data_folder() -> Path:
    """Give the folder of real data.

    Returns:
        ALZER_DATA, else shared/data beside the repository.

    Raises:
        SystemExit: If there is none.
    """
    folder = Path(os.environ.get("ALZER_DATA", ROOT.parent / "shared" / "data"))
    if not (folder / "oasis1-axial" / "slices.csv").is_file():
        message = f"This benchmark needs real data: no oasis1-axial in {folder}."
        raise SystemExit(message)
    return folder


def draw_slice(path: Path) -> bytes:
    """Draw a head-like slice of the usual size as a JPEG.

    Args:
        path: Where to write it.

    Returns:
        The file's bytes.
    """
    path.write_bytes(drawn_slice())
    return path.read_bytes()


def drawn_slice() -> bytes:
    """Draw the same without a file."""
    row, column = np.mgrid[0:ROWS, 0:COLUMNS].astype(np.float32)
    up, across = (row - ROWS / 2) / 92.0, (column - COLUMNS / 2) / 70.0
    radius = np.hypot(up, across)
    ventricles = np.hypot(up * 3.0, np.abs(across) * 8.0 - 1.0) < 1.0
    folds = 30.0 * np.sin(18.0 * up) * np.cos(22.0 * across)
    noise = np.random.default_rng(1).normal(0.0, 4.0, (ROWS, COLUMNS))
    values = np.where(ventricles, 45.0, 150.0 + folds) + noise
    grey = np.clip(np.where(radius < 1.0, values, 0.0), 0, 255).astype(np.uint8)
    file = io.BytesIO()
    Image.fromarray(grey).save(file, "JPEG", quality=90)
    return file.getvalue()
