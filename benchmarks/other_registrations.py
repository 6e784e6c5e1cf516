"""SimpleITK and dipy doing what `register` does, by their own means.

Neither is part of the environment: `pip install SimpleITK` or `pip install dipy` to
compare. Neither has a search over all turns of a head. SimpleITK runs alone, beginning
where its own initializer puts the centres of mass, at 8, 4 and 2 mm; and after our
search, at 4 and 2 mm; dipy likewise after our search. All see the same images.

Of ITK's optimisers the one with a regular step is used: with conjugate gradients and
L-BFGS it took three to four times as long and was no closer.
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
from alzer.volumes.shrinking import cut_brain, shrink
from alzer.volumes.template import load_template

Matrix = NDArray[np.float64]
Contender = Callable[[Volume, NDArray[np.bool_]], Matrix]


def load_simpleitk(*, searching: bool) -> Contender:
    """Return SimpleITK's registration by correlation.

    Args:
        searching: Whether it begins where our search ends, not at centres of mass.
    """
    sitk = import_module("SimpleITK")
    sitk.ProcessObject.SetGlobalDefaultNumberOfThreads(2)
    fixed = [_to_itk(sitk, image) for image in _templates()]
    insides = [_surround(sitk, image) for image in fixed]

    def register(volume: Volume, mask: NDArray[np.bool_]) -> Matrix:
        images = shrink_thrice(cut_brain(volume, mask))
        scans = [_to_itk(sitk, _pad(image)) for image in images]
        if searching:
            start = search_turns(load_targets()[0], images[0])[0].to_scan
            transform = _to_transform(sitk, start)
        else:
            transform = sitk.AffineTransform(
                sitk.CenteredTransformInitializer(
                    fixed[0],
                    scans[0],
                    sitk.AffineTransform(3),
                    sitk.CenteredTransformInitializerFilter.MOMENTS,
                )
            )
        for level in range(1 if searching else 0, 3):
            method = _make_method(sitk, 8.0 / 2**level)
            method.SetMetricFixedMask(insides[level])
            method.SetInitialTransform(transform, inPlace=True)
            method.Execute(fixed[level], scans[level])
        return _to_matrix(transform)

    return register


def _make_method(sitk: Any, spacing_mm: float) -> Any:  # noqa: ANN401 - it has no types
    method = sitk.ImageRegistrationMethod()
    method.SetMetricAsCorrelation()
    if spacing_mm < 4.0:
        method.SetMetricSamplingStrategy(method.REGULAR)
        method.SetMetricSamplingPercentage(0.3, 1)
    method.SetInterpolator(sitk.sitkLinear)
    method.MetricUseFixedImageGradientFilterOff()
    method.MetricUseMovingImageGradientFilterOff()
    method.SetOptimizerAsRegularStepGradientDescent(
        spacing_mm / 2.0, 1e-3, 100, 0.6, 1e-6
    )
    method.SetOptimizerScalesFromPhysicalShift()
    return method


def load_dipy() -> Contender:
    """Return dipy's affine registration by mutual information."""
    module = import_module("dipy.align.imaffine")
    affine = import_module("dipy.align.transforms").AffineTransform3D()
    template = _templates()[2]

    def register(volume: Volume, mask: NDArray[np.bool_]) -> Matrix:
        coarse, _, fine = shrink_thrice(cut_brain(volume, mask))
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


def _templates() -> list[Image]:
    template = load_template()
    image = Image(template.values, template.affine)
    return [shrink(image, spacing_mm) for spacing_mm in (8.0, 4.0, 2.0)]


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
