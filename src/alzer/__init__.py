"""Say how impaired a brain MRI looks, and show what the answer rests on.

Research and education software; not a medical device.
"""

__version__ = "0.1.0"

# What the package offers at its top, by the module that it is imported from when it
# is asked for: importing the package does nothing.
_OFFERED = {
    "analyse": "alzer.analysis",
    "brain_mask_nifti": "alzer.person_evidence",
    "brain_nifti": "alzer.person_evidence",
    "check_map": "alzer.map_check",
    "evidence_of": "alzer.analysis_evidence",
    "evidence_volume": "alzer.person_evidence",
    "load_bundle": "alzer.model.bundle",
    "load_model": "alzer.model.engine",
    "read_scans": "alzer.scans.paths",
    "report_of": "alzer.reports.composing",
    "shipped_bundle": "alzer.model.bundle",
    "slice_overlay": "alzer.person_evidence",
}

TYPE_CHECKING = False  # `typing` would be an import; type checkers know this name
if TYPE_CHECKING:
    from alzer.analysis import analyse as analyse
    from alzer.analysis_evidence import evidence_of as evidence_of
    from alzer.map_check import check_map as check_map
    from alzer.model.bundle import load_bundle as load_bundle
    from alzer.model.bundle import shipped_bundle as shipped_bundle
    from alzer.model.engine import load_model as load_model
    from alzer.person_evidence import brain_mask_nifti as brain_mask_nifti
    from alzer.person_evidence import brain_nifti as brain_nifti
    from alzer.person_evidence import evidence_volume as evidence_volume
    from alzer.person_evidence import slice_overlay as slice_overlay
    from alzer.reports.composing import report_of as report_of
    from alzer.scans.paths import read_scans as read_scans


def __getattr__(name: str) -> object:
    """Import what the package offers at its top when it is asked for.

    Raises:
        AttributeError: It offers no such thing.
    """
    if name in _OFFERED:
        from importlib import import_module  # noqa: PLC0415 - see above

        return getattr(import_module(_OFFERED[name]), name)
    message = f"module {__name__!r} has no attribute {name!r}"
    raise AttributeError(message)
