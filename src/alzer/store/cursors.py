"""Where the next page begins: a row's number, in a form that nobody reads into."""

import base64
import binascii

from alzer.errors import InvalidRequest


def cursor_at(number: int) -> str:
    """Return the cursor that leads on from a row.

    Args:
        number: Of the last row of a page.

    Returns:
        Letters, digits, `-` and `_`.
    """
    return base64.urlsafe_b64encode(str(number).encode()).decode().rstrip("=")


def number_of(cursor: str) -> int:
    """Return the number of the row that a cursor leads on from.

    Args:
        cursor: As `cursor_at` gave it.

    Returns:
        The number.

    Raises:
        InvalidRequest: It is none of ours.
    """
    message = "The cursor is not one that this service gave; start without one."
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        number = int(base64.b64decode(padded, altchars=b"-_", validate=True).decode())
    except (binascii.Error, ValueError) as error:
        raise InvalidRequest(message) from error
    if not 0 <= number < 2**63:
        raise InvalidRequest(message)
    return number
