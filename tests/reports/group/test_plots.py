"""Plots: where people lie on them, and what is said of them."""

import pytest

from alzer.reports.group.plots import HEIGHT, WIDTH, Person, plot_ages, plot_groups


def test_older_people_lie_further_right_and_more_probable_ones_higher() -> None:
    plot = plot_ages([(61.0, Person("a", 0.1)), (79.0, Person("b", 0.9))])
    young, old = plot.dots

    assert young.x < old.x
    assert young.y > old.y
    assert [tick.text for tick in plot.x_ticks] == ["60", "70", "80"]
    assert old.words == "b: 90%, 79 years"


@pytest.mark.parametrize("ages", [[70.0], [18.0, 101.0], [69.9, 70.0]])
def test_everybody_lies_on_the_sheet(ages: list[float]) -> None:
    plot = plot_ages(
        [(age, Person("a", share)) for age in ages for share in (0.0, 1.0)]
    )

    assert all(0 <= dot.x <= WIDTH and 0 <= dot.y <= HEIGHT for dot in plot.dots)
    assert len(plot.x_ticks) < 11


def test_only_groups_of_five_or_more_have_a_median() -> None:
    few = [Person("a", 0.2)] * 4
    many = [Person("b", share) for share in (0.1, 0.2, 0.3, 0.8, 0.9)]
    plot = plot_groups("CDR", {"0": few, "1": many}, ["0", "1"])
    (line,) = plot.medians
    middle = sorted(dot.y for dot in plot.dots if dot.words.startswith("b"))[2]

    assert line.y == middle
    assert plot.words == "0: 4 people; 1: 5 people, median 30%."
    assert [tick.below for tick in plot.x_ticks] == ["n = 4", "n = 5"]


def test_people_of_a_group_who_are_alike_do_not_hide_one_another() -> None:
    plot = plot_groups("Sex", {"female": [Person("a", 0.2)] * 5}, ["female"])

    assert len({(dot.x, dot.y) for dot in plot.dots}) == 5
    assert plot.title == "By sex"
