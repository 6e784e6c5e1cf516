"""An amount that several share, of which nobody can take all."""

from collections import Counter
from typing import Final

# Somebody may take so many times what is left free: three of four parts alone, three
# of seven beside one other who does the same, and so on. Whatever the others do, there
# is something left for who comes next.
# Source: Choudhury & Hahne 1998, doi:10.1109/90.664262 (dynamic thresholds).
TIMES_THE_FREE: Final = 3


class Shares:
    """Counts who has taken how much of an amount.

    Used from the event loop's thread alone, so that counting needs no lock.

    Args:
        amount: What there is in all.
    """

    def __init__(self, amount: int) -> None:
        self._amount = amount
        self._held: Counter[str] = Counter()
        self.taken = 0

    @property
    def are_gone(self) -> bool:
        """Whether nothing is left for anybody."""
        return self.taken >= self._amount

    def have_room(self, owner: str, count: int = 1) -> bool:
        """Check whether somebody may take some more.

        Args:
            owner: On whose account it goes.
            count: How much.

        Returns:
            Whether there is as much, and the owner's share allows it.
        """
        free = self._amount - self.taken
        return count <= free and self._held[owner] + count <= TIMES_THE_FREE * free

    def take(self, owner: str, count: int = 1) -> None:
        """Count what somebody takes."""
        self._held[owner] += count
        self.taken += count

    def give_back(self, owner: str, count: int = 1) -> None:
        """Count what somebody has no more."""
        self._held[owner] -= count
        self.taken -= count
        if not self._held[owner]:
            del self._held[owner]
