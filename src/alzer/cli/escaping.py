"""Text from outside, made harmless for a terminal and for a spreadsheet.

JSON needs none of this: its strings hold any file name exactly, in ASCII.
"""

from typing import Final

from alzer.cli.inputs import STANDARD_INPUT

# What spreadsheets take for the beginning of a formula; some of them take the wide
# forms too, which East Asian keyboards write.
# Source: OWASP, CSV Injection.
_FORMULA_STARTS: Final = tuple("=+-@\uff1d\uff0b\uff0d\uff20")


def printable(text: str) -> str:
    r"""Escape line breaks, control characters and undecodable bytes.

    A terminal would obey some of them.

    Args:
        text: Any text, such as a file's name.

    Returns:
        The text with each of these written as in Python: `\n`, `\x1b`, `\udcff` (a
        byte ff that is no text).
    """
    return "".join(
        character if character.isprintable() else ascii(character)[1:-1]
        for character in text
    )


def csv_path(path: str) -> str:
    r"""Return a path as a cell of a CSV file.

    The path can be had back: `ast.literal_eval` reads the cell between quotes.

    Args:
        path: Of a file.

    Returns:
        What `printable` gives, a backslash doubled. In front of `=`, `+`, `-` and `@`
        stands `./`, which leads to the same file and is no formula.
    """
    if path.startswith(_FORMULA_STARTS) and path != STANDARD_INPUT:
        path = f"./{path}"
    return printable(path.replace("\\", r"\\"))


def csv_text(text: str) -> str:
    """Return a sentence as a cell of a CSV file.

    Args:
        text: Any text but a path.

    Returns:
        What `printable` gives; an apostrophe in front of what would be a formula.
    """
    return ("'" if text.startswith(_FORMULA_STARTS) else "") + printable(text)
