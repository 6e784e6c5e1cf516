"""What an analysis rests on, apart from its scan: enough to draw and replay it."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from alzer.answer import Analysis
from alzer.explain.kept_evidence import KeptEvidence
from alzer.person_evidence import evidence_cell_mm


def evidence_of(analysis: Analysis) -> KeptEvidence:
    """Return the evidence of an analysis.

    Args:
        analysis: Of a slice, or of a whole head.

    Returns:
        That of all its slices, in their order, as it is once it was kept: inputs are
        rounded to float16. Without files.
    """
    return KeptEvidence(
        tuple(
            replace(one.evidence, pixels=_rounded(one.evidence.pixels))
            for one in analysis.slices
        ),
        analysis.view.pixel_aspect,
        spacing_on_person_mm(analysis),
    )


def spacing_on_person_mm(analysis: Analysis) -> tuple[float, float] | None:
    """Return the distances between pixels of a slice, on the person.

    Args:
        analysis: Of a slice, or of a whole head.

    Returns:
        Between rows and between columns of the standard view, in millimetres; None
        where the file does not say.
    """
    if analysis.kind == "slice":
        return analysis.view.spacing_mm
    high, wide, _ = evidence_cell_mm(analysis)
    cells = [one.evidence.geometry.cell_pixels for one in analysis.slices]
    rows, columns = np.median(cells, axis=0)
    return high / float(rows), wide / float(columns)


def _rounded(pixels: NDArray[np.float32]) -> NDArray[np.float32]:
    return pixels.astype(np.float16).astype(np.float32)
