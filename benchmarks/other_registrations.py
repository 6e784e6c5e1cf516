"""SimpleITK and dipy doing what `register` does after its search, by their own means.

Neither is part of the environment: `pip install SimpleITK` or `pip install dipy` to
compare. Neither has a search over all turns of a head, so both begin at the best end
of ours, at 8 mm. Both refine at 4 and 2 mm, on the same images.
"""

from collections.abc import Callable
from importlib import import_module
from typing import Any

import numpy as np
from numpy.typing import NDArray

from alzer.scans.volume import Volume
from alzer.volumes.alignment import Image
from alzer.volumes.registration import load_targets, shrink_thrice
from alzer.volumes.search import search_turns
from alzer.volumes.shrinking import shrink
from alzer.volumes.template import load_template

Matrix = NDArray[np.float64]
Contender = Callable[[Volume, NDArray[np.bool_]], Matrix]

# ITK's optimisers, each with what its manual proposes for affine maps.
ITK_OPTIMISERS: dict[str, Callable[[Any, float], None]] = {
    "regular-step": lambda method, mm: method.SetOptimizerAsRegularStepGradientDescent(
        mm / 2, 1e-3, 100, 0.6, 1e-6
    ),
    "conjugate": lambda method, _: method.SetOptimizerAsConjugateGradientLineSearch(
        1.0, 40, 1e-5, 10
    ),
    "lbfgs2": lambda method, _: method.SetOptimizerAsLBFGS2(1e-5, 40),
}


def load_simpleitk(optimiser: str, metric: str, share: float) -> Contender:
    """Return SimpleITK's registration.

    Args:
        optimiser: A key of ITK_OPTIMISERS.
        metric: "correlation" or "mutual".
        share: How much of the voxels the metric looks at, on a regular grid.
    """
    sitk = import_module("SimpleITK")
    sitk.ProcessObject.SetGlobalDefaultNumberOfThreads(2)
    fixed = [_to_itk(sitk, image) for image in _templates()]
    insides = [_surround(sitk, image) for image in fixed]

    def register(volume: Volume, mask: NDArray[np.bool_]) -> Matrix:
        coarse, middle, fine = shrink_thrice(volume, mask)
        start = search_turns(load_targets()[0], coarse)[0].to_scan
        transform = _to_transform(sitk, start)
        for index, scan in enumerate((middle, fine)):
            method = sitk.ImageRegistrationMethod()
            if metric == "correlation":
                method.SetMetricAsCorrelation()
            else:
                method.SetMetricAsMattesMutualInformation(32)
            method.SetMetricFixedMask(insides[index])
            if share < 1.0:
                method.SetMetricSamplingStrategy(method.REGULAR)
                method.SetMetricSamplingPercentage(share, 1)
            method.SetInterpolator(sitk.sitkLinear)
            method.MetricUseFixedImageGradientFilterOff()
            method.MetricUseMovingImageGradientFilterOff()
            ITK_OPTIMISERS[optimiser](method, 4.0 / (index + 1))
            method.SetOptimizerScalesFromPhysicalShift()
            method.SetInitialTransform(transform, inPlace=True)
            method.Execute(fixed[index], _to_itk(sitk, _pad(scan)))
        return _to_matrix(transform)

    return register


def load_dipy() -> Contender:
    """Return dipy's affine registration by mutual information."""
    module = import_module("dipy.align.imaffine")
    affine = import_module("dipy.align.transforms").AffineTransform3D()
    template = _templates()[1]

    def register(volume: Volume, mask: NDArray[np.bool_]) -> Matrix:
        coarse, _, fine = shrink_thrice(volume, mask)
        start = search_turns(load_targets()[0], coarse)[0].to_scan
        method = module.AffineRegistration(
            metric=module.MutualInformationMetric(nbins=32, sampling_proportion=0.3),
            level_iters=[100, 50],
            sigmas=[2.0, 0.0],
            factors=[2, 1],
            verbosity=0,
        )
        found = method.optimize(
            template.voxels.astype(float),
            fine.voxels.astype(float),
            affine,
            None,
            template.affine,
            fine.affine,
            starting_affine=start,
        )
        return np.asarray(found.affine, np.float64)

    return register


def _templates() -> tuple[Image, Image]:
    template = load_template()
    image = Image(template.values, template.affine)
    return shrink(image, 4.0), shrink(image, 2.0)


def _pad(image: Image, voxels: int = 12) -> Image:
    """Add zeros around an image: ITK leaves out what lies outside of it."""
    affine = image.affine.copy()
    affine[:3, 3] -= affine[:3, :3] @ np.full(3, float(voxels))
    return Image(np.pad(image.voxels, voxels), affine)


def _to_itk(sitk: Any, image: Image) -> Any:  # noqa: ANN401 - it has no types
    """Return an image of ITK's; its coordinates are ours, RAS+."""
    result = sitk.GetImageFromArray(np.ascontiguousarray(image.voxels.T))
    spacing = np.linalg.norm(image.affine[:3, :3], axis=0)
    result.SetSpacing(spacing.tolist())
    result.SetOrigin(image.affine[:3, 3].tolist())
    result.SetDirection((image.affine[:3, :3] / spacing).ravel().tolist())
    return result


def _surround(sitk: Any, image: Any) -> Any:  # noqa: ANN401 - it has no types
    """Return the template's brain and what lies within about 4 mm of it."""
    reach = max(1, round(4.0 / image.GetSpacing()[0]))
    return sitk.BinaryDilate(image > 0.1, [reach] * 3)


def _to_transform(sitk: Any, matrix: Matrix) -> Any:  # noqa: ANN401 - it has no types
    transform = sitk.AffineTransform(3)
    centre = load_targets()[0].brain_centre
    transform.SetCenter(centre.tolist())
    transform.SetMatrix(matrix[:3, :3].ravel().tolist())
    shift = matrix[:3, 3] + matrix[:3, :3] @ centre - centre
    transform.SetTranslation(shift.tolist())
    return transform


def _to_matrix(transform: Any) -> Matrix:  # noqa: ANN401 - it has no types
    matrix = np.eye(4)
    matrix[:3, :3] = np.reshape(transform.GetMatrix(), (3, 3))
    centre = np.array(transform.GetCenter())
    shift = np.array(transform.GetTranslation())
    matrix[:3, 3] = shift + centre - matrix[:3, :3] @ centre
    return matrix
