"""The scan of a whole head, as read from its file or files."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Volume:
    """The voxels of one scan on its own grid, and where they lie; never an identity.

    Attributes:
        voxels: shape (i, j, k), finite, in the scan's own order and units; as read
            from files, contiguous in Fortran's order.
        affine: shape (4, 4); voxel indices (i, j, k) to millimetres, right, anterior
            and superior (RAS+).
        source: The format's name, such as "NIfTI".
        notes: What was decided while reading, as sentences.
        warnings: What a reader of the result must know, as sentences.
        tells_sides: Whether its file says which side is the left; else that was
            taken for granted.

    Examples:
        >>> import numpy as np
        >>> head = Volume(np.zeros((160, 192, 192), np.float32), np.eye(4), "NIfTI")
        >>> head.spacing_mm
        (1.0, 1.0, 1.0)
    """

    voxels: NDArray[np.float32]
    affine: NDArray[np.float64]
    source: str
    notes: tuple[str, ...] = field(default=())
    warnings: tuple[str, ...] = field(default=())
    tells_sides: bool = True

    @property
    def spacing_mm(self) -> tuple[float, float, float]:
        """Distances between neighbouring voxels along i, j and k."""
        first, second, third = np.linalg.norm(self.affine[:3, :3], axis=0)
        return float(first), float(second), float(third)
