"""The tree of failures."""

import re
from collections.abc import Iterator

from alzer import errors
from alzer.errors import AlzerError


def tree(root: type[AlzerError] = AlzerError) -> Iterator[type[AlzerError]]:
    yield root
    for each in root.__subclasses__():
        yield from tree(each)


def test_every_failure_has_a_code_of_its_own() -> None:
    codes = [each.code for each in tree()]

    assert len(set(codes)) == len(codes)
    assert all(re.fullmatch(r"[a-z]+(_[a-z]+)*", code) for code in codes)


def test_a_code_is_the_name_of_its_class() -> None:
    assert AlzerError.code == "error"
    assert errors.UnusableScan.code == "unusable_scan"
    assert errors.NotAnImage.code == "not_an_image"
    assert errors.NotMagneticResonance.code == "not_magnetic_resonance"
    assert errors.Forged.code == "forged"


def test_the_drawing_shows_every_failure_and_no_other() -> None:
    drawn = re.findall(r"^    [|` -]*([A-Z]\w+)", str(errors.__doc__), re.MULTILINE)

    assert sorted(drawn) == sorted(each.__name__ for each in tree())


def test_the_drawing_shows_what_belongs_to_what() -> None:
    depths = {
        name: len(indent) // 4
        for indent, name in re.findall(
            r"^    ([|` -]*)([A-Z]\w+)", str(errors.__doc__), re.MULTILINE
        )
    }

    for each in tree():
        assert depths[each.__name__] == len(each.__mro__) - len(AlzerError.__mro__)


def test_a_failure_carries_its_message() -> None:
    failure = errors.EmptyFile("The file is empty.")

    assert failure.message == str(failure) == "The file is empty."
