"""Names of kept files."""

import pytest

from alzer.store.kinds import Kind, is_partial


@pytest.mark.parametrize("kind", Kind)
def test_a_new_name_is_of_its_kind_alone_and_never_the_same(kind: Kind) -> None:
    names = {kind.new_name() for _ in range(100)}

    assert len(names) == 100
    for other in Kind:
        assert {other.owns(name) for name in names} == {other is kind}


@pytest.mark.parametrize("kind", Kind)
@pytest.mark.parametrize(
    "changed", ["../{}", "{}/..", "{}\n", "{}.part", "x{}", "{}\0"]
)
def test_what_is_more_than_a_name_is_not_owned(kind: Kind, changed: str) -> None:
    assert not kind.owns(changed.format(kind.new_name()))


@pytest.mark.parametrize("kind", Kind)
def test_a_file_that_was_never_finished_is_known_by_its_name(kind: Kind) -> None:
    name = kind.new_name()

    assert is_partial(f".{name}.part")
    assert not is_partial(name)
    assert not is_partial(".somebody-elses.part")
