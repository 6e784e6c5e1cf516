"""How BIDS Apps spell their options, for a parser that spells them otherwise.

Source: BIDS Apps, example of an entry point: labels are a list behind one option, and
the words of an option are joined by underscores; fMRIPrep joins them by hyphens.
"""

from collections.abc import Iterable, Iterator
from typing import Any, Final

from typer.core import TyperCommand

# Behind these stand any number of values.
_LISTS: Final = frozenset({"--participant-label", "--session-label"})


class BidsAppCommand(TyperCommand):
    """A command that is called as BIDS Apps are."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:  # noqa: ANN401 - typer keeps its type private
        """Parse a call.

        Args:
            ctx: Of the call.
            args: Its words.

        Returns:
            The words that are left.
        """
        return super().parse_args(ctx, list(spread_lists(args)))


def spread_lists(words: Iterable[str]) -> Iterator[str]:
    """Spell a call as the parser knows it.

    Args:
        words: As a person wrote them.

    Yields:
        Options with hyphens, and each value of a list with its option in front. A
        list ends at the next option.

    Examples:
        >>> words = ["set", "--participant_label", "01", "02", "-w", "x"]
        >>> " ".join(spread_lists(words))
        'set --participant-label 01 --participant-label 02 -w x'
    """
    option, is_first = "", False
    for word in words:
        if word.startswith("-"):
            name, equals, value = word.partition("=")
            name = name.replace("_", "-")
            option, is_first = ("" if equals else name), True
            yield f"{name}{equals}{value}"
        elif option in _LISTS and not is_first:
            yield from (option, word)
        else:
            is_first = False
            yield word
