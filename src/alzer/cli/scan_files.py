"""The files that are kept of one whole head, beside its record."""

import io
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from alzer.answer import Analysis
from alzer.cli.bids import place_of, sidecar, source_of
from alzer.cli.inputs import Input
from alzer.cli.result_names import harmless_name
from alzer.cli.results import SCANS, UNRELIABLE, ResultsFolder
from alzer.explain.overlay import encode_png
from alzer.person_evidence import head_files, slice_file
from alzer.volume_fields import volume_fields
from alzer.volumes.pipeline import PreparedVolume

# Slices in a row of the strip.
_IN_A_ROW: Final = 8

Files = Mapping[str, bytes]


def draw_files(analysis: Analysis, on_wait: Callable[[], None]) -> Files:
    """Make the files that are kept of a whole head.

    Args:
        analysis: Of a whole head.
        on_wait: Called between the files; what it raises ends the work.

    Returns:
        Their contents by plain name, such as `evidence.nii.gz`.
    """
    files = dict(head_files(analysis))
    on_wait()
    names = map(slice_file, range(len(analysis.slices)))
    files["strip.png"] = draw_strip([_pixels(files[name]) for name in names])
    if analysis.overlay_png is not None:
        files["heatmap.png"] = analysis.overlay_png
    return files


def draw_failed(prepared: PreparedVolume) -> Files:
    """Make the picture of a head that was not prepared well enough.

    Args:
        prepared: The head.

    Returns:
        The strip of its slices, in grey.
    """
    slices = np.clip(np.nan_to_num(prepared.slab.slices), 0.0, 255.0).astype(np.uint8)
    return {"strip.png": draw_strip([np.stack([one] * 3, axis=-1) for one in slices])}


def draw_strip(pictures: list[NDArray[np.uint8]]) -> bytes:
    """Draw pictures side by side, from the upper left as text runs.

    Args:
        pictures: shape (row, column, 3) each.

    Returns:
        One PNG file.
    """
    height, width = np.max([one.shape[:2] for one in pictures], axis=0)
    lines = -(-len(pictures) // _IN_A_ROW)
    strip = np.zeros((lines * height, _IN_A_ROW * width, 3), np.uint8)
    for index, picture in enumerate(pictures):
        line, place = divmod(index, _IN_A_ROW)
        rows, columns = picture.shape[:2]
        top, left = line * height, place * width
        strip[top : top + rows, left : left + columns] = picture
    return encode_png(strip)


def _pixels(png: bytes) -> NDArray[np.uint8]:
    with Image.open(io.BytesIO(png)) as picture:
        return np.asarray(picture.convert("RGB"))


class ScanFiles:
    """Writes the files of one scan, all of them or none.

    Args:
        folder: Where the results of the call go.
        scan: What they are of; where it is of a BIDS data set, files are named so.
        reliable: Whether its answer can be relied on.
    """

    def __init__(self, folder: ResultsFolder, scan: Input, *, reliable: bool) -> None:
        self._folder = folder
        self._scan = scan
        self._reliable = reliable

    def path_of(self, what: str) -> Path:
        """Return where a file belongs.

        Args:
            what: Its plain name.
        """
        if self._scan.person is not None:
            place = place_of(self._scan, what, reliable=self._reliable)
            return self._folder.path / place
        scans = self._folder.path / SCANS
        scans = scans if self._reliable else scans / UNRELIABLE
        return scans / harmless_name(self._scan.name) / what

    def save(self, files: Files) -> None:
        """Write files.

        Args:
            files: Contents by plain name.

        Raises:
            StorageUnavailable: If one can't be written; then none is there.
        """
        written: list[Path] = []
        try:
            for what, content in files.items():
                written.append(self.path_of(what))
                self._folder.write(written[-1], content)
        except BaseException:  # stopped by a signal, maybe
            for path in written:
                self._folder.discard(path)
            raise


def describe_files(analysis: Analysis, scan: Input) -> Files:
    """Make what is said beside the images in a BIDS data set; else nothing.

    Args:
        analysis: Of a whole head.
        scan: What was analysed.

    Returns:
        Contents by plain name.
    """
    if scan.person is None:
        return {}
    common = {"Sources": [source_of(scan)], "SpatialReference": "orig"}
    evidence = volume_fields(analysis)["evidence"]
    meaning = {
        "Description": "What spoke for the class in the model, not where disease is.",
        "Units": evidence["unit"],
        "Class": evidence["class"],
        "CellSizeMillimetres": evidence["cell_mm"],
        "Reliable": analysis.reliable,
        "UnreliableReason": analysis.unreliable_reason,
        **common,
    }
    mask = {"Description": "1 inside the brain.", "Type": "Brain", **common}
    brain = {
        "Description": "The scan without skull and face.",
        "SkullStripped": True,
        **common,
    }
    return {
        "evidence.json": sidecar(meaning),
        "brain_mask.json": sidecar(mask),
        "brain.json": sidecar(brain),
    }


def record_file(record: Mapping[str, Any]) -> Files:
    """Return a record as a file of its own."""
    return {"prediction.json": (json.dumps(record, indent=2) + "\n").encode()}
