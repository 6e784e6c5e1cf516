"""Plots of probabilities by age and by group, as places on a sheet of fixed size.

The page draws them as SVG; colours are those of its style.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Final

# Of the sheet, in its own units: about pixels.
WIDTH: Final = 360
HEIGHT: Final = 230
_LEFT, _RIGHT, _TOP, _BOTTOM = 40.0, 350.0, 12.0, 176.0

# Dots of a group lie in columns, so that they don't hide one another.
_COLUMNS: Final = (0, -1, 1, -2, 2)
_STEP: Final = 7.0

# Fewer people have no median that says anything.
_LEAST_FOR_MEDIAN: Final = 5


@dataclass(frozen=True)
class Tick:
    """A mark on an axis.

    Attributes:
        place: On the sheet.
        text: What stands there.
        below: What stands under that; or empty.
    """

    place: float
    text: str
    below: str = ""


@dataclass(frozen=True)
class Dot:
    """One person.

    Attributes:
        x: On the sheet, from the left.
        y: On the sheet, from above.
        words: Who, with numbers.
    """

    x: float
    y: float
    words: str


@dataclass(frozen=True)
class Line:
    """The median of a group.

    Attributes:
        left: Where it begins.
        right: Where it ends.
        y: On the sheet, from above.
    """

    left: float
    right: float
    y: float


@dataclass(frozen=True)
class Plot:
    """A plot of the probability of any impairment.

    Attributes:
        title: What it shows.
        words: The same for those who can't see it, with numbers.
        x_label: What lies on the horizontal axis.
        x_ticks: Marks there.
        y_ticks: Marks on the vertical axis.
        dots: People.
        medians: Of groups that are large enough.
    """

    title: str
    words: str
    x_label: str
    x_ticks: tuple[Tick, ...]
    y_ticks: tuple[Tick, ...]
    dots: tuple[Dot, ...]
    medians: tuple[Line, ...] = ()


@dataclass(frozen=True)
class Person:
    """One person of a plot.

    Attributes:
        name: As the data set has it.
        impaired: Probability of any impairment, 0 to 1.
    """

    name: str
    impaired: float

    @property
    def words(self) -> str:
        """Who, with the probability."""
        return f"{self.name}: {self.impaired:.0%}"


def plot_ages(people: Sequence[tuple[float, Person]]) -> Plot:
    """Plot the probability of impairment by age.

    Args:
        people: With their age in years; not empty.

    Returns:
        The plot.
    """
    ages = [age for age, _ in people]
    low = 10.0 * math.floor(min(ages) / 10.0)
    high = max(low + 10.0, 10.0 * math.ceil(max(ages) / 10.0))
    step = 10.0 if high - low <= 70.0 else 20.0

    def place(age: float) -> float:
        return _LEFT + (age - low) / (high - low) * (_RIGHT - _LEFT)

    ticks = (low + index * step for index in range(int((high - low) / step) + 1))
    return Plot(
        "By age",
        f"{_count(people)} of {min(ages):g} to {max(ages):g} years.",
        "Age in years",
        tuple(Tick(place(age), f"{age:g}") for age in ticks),
        _shares(),
        tuple(
            Dot(place(age), _height(one.impaired), f"{one.words}, {age:g} years")
            for age, one in people
        ),
    )


def plot_groups(
    title: str, groups: Mapping[str, Sequence[Person]], levels: Sequence[str]
) -> Plot:
    """Plot the probability of impairment by group.

    Args:
        title: What tells the groups apart.
        groups: People by the name of their group; none is empty.
        levels: The names, in order.

    Returns:
        The plot, with the median of each group of five or more.
    """
    width = (_RIGHT - _LEFT) / len(levels)
    middles = [_LEFT + (index + 0.5) * width for index in range(len(levels))]
    placed = list(zip(levels, middles, strict=True))
    told = "; ".join(f"{level}: {_describe(groups[level])}" for level in levels)
    return Plot(
        f"By {title if title.isupper() else title.lower()}",
        f"{told}.",
        title,
        tuple(
            Tick(middle, level, f"n = {len(groups[level])}") for level, middle in placed
        ),
        _shares(),
        tuple(dot for level, middle in placed for dot in _swarm(groups[level], middle)),
        tuple(
            Line(middle - 0.3 * width, middle + 0.3 * width, _height(_median(people)))
            for level, middle in placed
            if len(people := groups[level]) >= _LEAST_FOR_MEDIAN
        ),
    )


def _describe(people: Sequence[Person]) -> str:
    if len(people) < _LEAST_FOR_MEDIAN:
        return _count(people)
    return f"{_count(people)}, median {_median(people):.0%}"


def _count(people: Sequence[object]) -> str:
    return count_words(len(people), "person", "people")


def _median(people: Sequence[Person]) -> float:
    return float(median(one.impaired for one in people))


def _swarm(people: Sequence[Person], middle: float) -> Iterator[Dot]:
    ordered = sorted(people, key=lambda one: one.impaired)
    for index, one in enumerate(ordered):
        aside = _COLUMNS[index % len(_COLUMNS)] * _STEP
        yield Dot(middle + aside, _height(one.impaired), one.words)


def _height(share: float) -> float:
    return _BOTTOM - share * (_BOTTOM - _TOP)


def _shares() -> tuple[Tick, ...]:
    shares = (0.0, 0.25, 0.5, 0.75, 1.0)
    return tuple(Tick(_height(share), f"{share:.0%}") for share in shares)


def count_words(number: int, one: str, several: str) -> str:
    """Return a number with its noun.

    Args:
        number: How many.
        one: The noun for one.
        several: The noun for any other number.

    Examples:
        >>> count_words(1, "person", "people")
        '1 person'
    """
    return f"{number} {one if number == 1 else several}"
