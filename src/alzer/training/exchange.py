"""A model written for others, in the form that they ask for."""

from pathlib import Path

from alzer.model.bundle import load_bundle
from alzer.training.files import write_whole
from alzer.training.licence import licence_text, usual_licence
from alzer.training.monai_bundle import write_monai_bundle
from alzer.training.portable import portable_onnx


def export_model(model: Path, output: Path, form: str, licence: str | None) -> Path:
    """Write a model for other runtimes.

    Args:
        model: Its bundle.
        output: Folder, created if absent.
        form: `monai` or `onnx`.
        licence: Under which it may be used; None: that of the model that ships, and
            for others that none is stated.

    Returns:
        What was written: a file, or the root of a MONAI Bundle.

    Raises:
        DamagedBundle: The bundle can't be read.
        InvalidRequest: The model can't have that form.
        EngineUnavailable: What would be written answers otherwise than the model.
        StorageUnavailable: The folder can't be written.
    """
    bundle = load_bundle(model)
    named = licence or usual_licence(bundle)
    if form == "monai":
        write_monai_bundle(output, bundle, named, licence_text(named))
        return output
    path = output / f"{bundle.name}-{bundle.version}.onnx"
    write_whole(path, portable_onnx(bundle, named))
    return path
