"""Say how impaired a brain MRI looks, and show what the answer rests on.

Research and education software; not a medical device.
"""

__version__ = "0.1.0"

TYPE_CHECKING = False  # `typing` would be an import; type checkers know this name
if TYPE_CHECKING:
    from alzer.scans.paths import read_scans as read_scans


def __getattr__(name: str) -> object:
    """Import what the package offers at its top when it is asked for.

    Raises:
        AttributeError: It offers no such thing.
    """
    if name == "read_scans":
        from alzer.scans.paths import read_scans  # noqa: PLC0415 - see above

        return read_scans
    message = f"module {__name__!r} has no attribute {name!r}"
    raise AttributeError(message)
