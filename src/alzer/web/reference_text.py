"""The form of a reference, by which people call an analysis."""

from typing import Final

# As wide as the column of the records.
LONGEST_REFERENCE: Final = 64

REFERENCE_RULE: Final = (
    f"A reference has at most {LONGEST_REFERENCE} printable characters in one line."
)


def clean_reference(text: str) -> str | None:
    """Return a reference as it is kept: without spaces around it, or several inside.

    Args:
        text: As somebody has written it.

    Returns:
        The reference; None if nothing was written.

    Raises:
        ValueError: It is too long, or holds what can't be seen: control characters,
            which may end a line of a table, and marks that turn text around.

    Examples:
        >>> clean_reference("  Study 7,  person 12 ")
        'Study 7, person 12'
        >>> clean_reference(" ") is None
        True
    """
    words = " ".join(text.split())
    if len(words) > LONGEST_REFERENCE or not words.isprintable():
        raise ValueError(REFERENCE_RULE)
    return words or None
