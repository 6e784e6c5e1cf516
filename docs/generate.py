"""Write the documents that state what the code already says: `make docs`.

A test compares them with the code, so that they can't fall behind it.
"""

import contextlib
import io
import re
from collections.abc import Iterator, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

from pydantic_settings import BaseSettings
from typer.main import get_command

from alzer.cli.app import app
from alzer.cli.exits import exit_code_of
from alzer.cli.inputs import NO_IMAGES, UNREADABLE
from alzer.cli.models import score_rows
from alzer.errors import AlzerError
from alzer.evaluation.limits import NOT_INTENDED
from alzer.model.bundle import read_card, shipped_bundle
from alzer.node.settings import NodeSettings
from alzer.settings import Settings
from alzer.web.exception_handlers import status_of

ROOT = Path(__file__).resolve().parents[1]
README = ROOT / "README.md"
BENCHMARKS = ROOT / "benchmarks" / "README.md"

# Prose around figures that are measured, of which the table there is the only source.
SPEED = """
On two server cores with bf16 and the model {model}, from file to overlay in {quick} ms,
where the usual way (PyTorch, hooks, a backward pass) takes {usual} ms. Each slice is
seen both ways, as it is and mirrored. Close calls ({repeated} of the slices) are
repeated in fp32 and take {close} ms. 16 clients at once that send such close calls
alone get {answers} answers per second against {usual_answers}
([all figures](benchmarks/README.md)).

"""


def references() -> Mapping[Path, str]:
    """Return the documents that are generated as a whole.

    Returns:
        The text by path.
    """
    return {
        ROOT / "docs" / "settings.md": settings(),
        ROOT / "docs" / "errors.md": errors(),
        ROOT / "docs" / "how-to" / "command-line.md": command_line(),
    }


def readme() -> str:
    """Return the README with the figures of the model that ships."""
    text = README.read_text("utf-8")
    text = between(text, "figures", figures(read_card(shipped_bundle())))
    return between(text, "speed", speed(BENCHMARKS.read_text("utf-8")))


def settings() -> str:
    """Describe every setting."""
    return _lines(
        "# Settings",
        "",
        "Environment variables; `make serve` and every command honour them. Options",
        "of a command override them.",
        "",
        *_setting_rows(Settings),
        "",
        "## The node",
        "",
        "What [`alzer node`](how-to/pacs.md) asks besides.",
        "",
        *_setting_rows(NodeSettings),
    )


def _setting_rows(settings: type[BaseSettings]) -> Iterator[str]:
    prefix = settings.model_config["env_prefix"]
    yield "| variable | default | meaning |"
    yield "|---|---|---|"
    for name, field in settings.model_fields.items():
        default = _default(field.default)
        yield f"| `{prefix}{name.upper()}` | {default} | {field.description} |"


def errors() -> str:
    """Describe every failure that a caller may meet."""
    rows = [
        f"| `{each.code}` | {each.__doc__} | {status_of(each)} | {exit_code_of(each)} |"
        for each in descendants(AlzerError)
    ]
    return _lines(
        "# Failures",
        "",
        "Each has one stable code. The service answers with the status and",
        '`{"detail": ..., "code": ...}`; a command ends with the exit code. `alzer',
        "predict` writes a record with `error` for a file that can't be used, goes on,",
        "and ends with 1.",
        "",
        "| code | what it means | HTTP status | exit code |",
        "|---|---|---|---|",
        *rows,
        "",
        "The service also answers `not_found` (404), `method_not_allowed` (405) and,",
        "for what nobody foresaw, `internal_error` (500). Records of `alzer predict`",
        f"know two more codes: `{UNREADABLE}` (no such file, or no right to read it)",
        f"and `{NO_IMAGES}` (a folder without any file of an image's name). A call",
        "that is stopped with Ctrl-C ends with 130, with SIGTERM 143.",
    )


def descendants(error: type[AlzerError]) -> Iterator[type[AlzerError]]:
    """Return every class below one in the tree of errors, top down."""
    for each in error.__subclasses__():
        yield each
        yield from descendants(each)


def command_line() -> str:
    """Describe every command as its own help does."""
    names = getattr(get_command(app), "commands", {})
    below = {
        f"{name} {each}"
        for name, command in names.items()
        for each in getattr(command, "commands", ())
    }
    sections = [
        f"## alzer {name}\n\n```text\n{_help(*name.split())}\n```\n"
        for name in (*names, *sorted(below))
    ]
    return "# Command line\n\n```text\n" + _help() + "\n```\n\n" + "\n".join(sections)


def _help(*words: str) -> str:
    program = get_command(app)
    # Plain text: boxes and colours are for terminals.
    waiting = [program]
    while waiting:
        each = waiting.pop()
        vars(each)["rich_markup_mode"] = None
        waiting.extend(getattr(each, "commands", {}).values())
    text = io.StringIO()
    with contextlib.redirect_stdout(text):
        program.main(
            [*words, "--help"],
            prog_name="alzer",
            standalone_mode=False,
            terminal_width=80,
        )
    return text.getvalue().strip()


def figures(card: Mapping[str, Any]) -> str:
    """Return the figures of a model, and what limits them.

    Args:
        card: Of the bundle that ships.

    Returns:
        Markdown.
    """
    rows = [f"| {' | '.join(row)} |" for row in score_rows(card)]
    folds, tested = len(card["folds"]["numbers"]), card["metrics"]["everyone"]["people"]
    source = card["data"]["source"] or "a group's own data"
    own = [f"- {each}" for each in card["limitations"] if each not in NOT_INTENDED]
    return _lines(
        "",
        f"Model {card['name']} {card['version']}, per person, in {folds} folds that "
        "keep people apart:",
        f"{tested} of {card['data']['people']} people of {source}, "
        "each tested on a network that never saw them.",
        "Intervals: 95 %, over people.",
        "",
        "| AUC per person, impaired (CDR > 0) or not | everyone | age 60 and over |",
        "|---|---|---|",
        *rows,
        "",
        "nWBV is the brain's share of the head; fluid share is that of dark pixels in "
        "the brain.",
        "",
        *own,
        "",
    )


def speed(benchmarks: str) -> str:
    """Return what the benchmarks say of speed.

    Args:
        benchmarks: Markdown with their table.

    Returns:
        Markdown.

    Raises:
        ValueError: If a figure is not there.
    """
    quick, usual = measured(benchmarks, "a slice that bf16 settles")
    close, _ = measured(benchmarks, "a close call, repeated in fp32")
    answers, usual_answers = measured(benchmarks, "16 clients that send a close call")
    repeated, _ = measured(benchmarks, "repeated in fp32")
    model, *_ = re.findall(r"the model (alzer-\S+ \S+?)[.,]", benchmarks)
    return SPEED.format(
        model=model,
        quick=quick,
        usual=usual,
        repeated=repeated,
        close=close,
        answers=answers,
        usual_answers=usual_answers,
    )


def measured(benchmarks: str, figure: str) -> tuple[str, str]:
    """Return a row of the benchmarks' table.

    Args:
        benchmarks: Markdown with the table.
        figure: What its second column begins with.

    Returns:
        The figures of alzer and of the usual way.

    Raises:
        ValueError: If it is not one row.
    """
    cells = [line.split("|") for line in benchmarks.splitlines() if line[:1] == "|"]
    found = [row for row in cells if row[2].strip().startswith(figure)]
    if len(found) != 1:
        message = f"{len(found)} rows of the benchmarks begin with '{figure}'."
        raise ValueError(message)
    own, usual = (cell.strip().strip("*") for cell in found[0][3:5])
    return own, usual


def between(text: str, name: str, content: str) -> str:
    """Put something between the markers of a name.

    Args:
        text: With both markers.
        name: What they mark.
        content: What is to stand there.

    Returns:
        The text with it.
    """
    begin, end = f"<!-- {name}: begin -->", f"<!-- {name}: end -->"
    before, _, rest = text.partition(begin)
    _, _, after = rest.partition(end)
    return f"{before}{begin}\n{content}{end}{after}"


def _default(value: object) -> str:
    if value is None:
        return "unset"
    if isinstance(value, tuple):
        return f"`{','.join(value)}`" if value else "none"
    if isinstance(value, timedelta):
        return f"`{value.days} days`"
    return f"`{value}`"


def _lines(*lines: str) -> str:
    return "\n".join(lines) + "\n"


def main() -> None:
    """Write them all."""
    for path, text in references().items():
        path.write_text(text, encoding="utf-8")
    README.write_text(readme(), encoding="utf-8")


if __name__ == "__main__":
    main()
