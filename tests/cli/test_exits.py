"""Every failure has its exit code, and none shows a traceback."""

from collections.abc import Iterator

import pytest
import typer
from typer.testing import CliRunner

from alzer.cli.exits import EXIT_CODE_BY_ERROR, Commands, exit_code_of
from alzer.errors import AlzerError, InvalidRequest


def descendants(error: type[AlzerError]) -> Iterator[type[AlzerError]]:
    for each in error.__subclasses__():
        yield each
        yield from descendants(each)


ALL = sorted(set(descendants(AlzerError)), key=lambda each: each.__name__)


def test_no_branch_of_the_tree_is_without_an_exit_code() -> None:
    assert set(AlzerError.__subclasses__()) <= set(EXIT_CODE_BY_ERROR)
    assert len(ALL) > 20


@pytest.mark.parametrize("error", ALL, ids=lambda each: each.__name__)
def test_a_command_that_fails_ends_with_code_and_sentence(
    error: type[AlzerError],
) -> None:
    app = typer.Typer(cls=Commands, pretty_exceptions_enable=False)

    @app.command()
    def fail() -> None:
        message = "This went wrong; do that."
        raise error(message)

    @app.callback()
    def group() -> None: ...

    result = CliRunner().invoke(app, ["fail"], catch_exceptions=False)

    assert result.exit_code == exit_code_of(error)
    assert result.stderr == "alzer: This went wrong; do that.\n"


def test_only_a_wrong_call_ends_with_two() -> None:
    twos = {each for each in ALL if exit_code_of(each) == 2}

    assert twos == {each for each in ALL if issubclass(each, InvalidRequest)}
    assert all(exit_code_of(each) in {1, 2} for each in ALL)
