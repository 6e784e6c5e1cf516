"""Secondary Capture: the overlay as a picture that every viewer shows."""

import numpy as np
from highdicom.sc import SCImage
from pydicom.dataset import Dataset

from alzer.dicom_out.equipment import NOT_FOR_DIAGNOSIS, give_context, nobody, own_part
from alzer.dicom_out.picture import draw_capture
from alzer.dicom_out.references import refer_to_series
from alzer.dicom_out.scene import Scene
from alzer.dicom_out.series import put


def write_capture(scene: Scene) -> Dataset:
    """Write the picture of an analysis: original and overlay side by side.

    Source: PS3.3 section A.8.1, Secondary Capture Image.

    Args:
        scene: What is known of it.

    Returns:
        The object, in colours of 8 bits.
    """
    pixels = np.ascontiguousarray(draw_capture(scene))
    image = SCImage(
        pixel_array=pixels,
        photometric_interpretation="RGB",
        bits_allocated=8,
        coordinate_system="PATIENT",
        # A page of pictures and words leads nowhere; see below.
        patient_orientation=("L", "P"),
        **nobody(scene.series),
        **own_part("capture", scene),
    )
    edges = scene.known_edges
    sides = [side for side in (edges["right"], edges["bottom"]) if side is not None]
    put(image, "PatientOrientation", sides if len(sides) == 2 else None)
    # Of an identity: there is none on it but what the scan itself has.
    image.BurnedInAnnotation = "YES" if scene.series.has_burned_in_text else "NO"
    image.RecognizableVisualFeatures = "NO"
    image.ImageComments = f"{NOT_FOR_DIAGNOSIS}. What influenced a model, no findings."
    refer_to_series(image, scene.series)
    give_context(image, scene.series)
    return image
