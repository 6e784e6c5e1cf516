"""The sentences that Python code says, found in its source for the page's catalogue.

What the service says of a scan is composed in English where it is known, with numbers
and names filled in. `extract` finds these texts, f-strings included, so that they need
no second home: each value becomes a placeholder, named for what stands there.
"""

import ast
import io
import re
from collections import Counter
from collections.abc import Iterator
from typing import Final

# Arguments whose texts programmers read, not people with a scan.
_FOR_PROGRAMMERS: Final = frozenset(
    {"description", "help", "response_description", "metavar", "title"}
)

# A sentence, or words that stand in one: not names, formats, SQL or settings.
_LEAST_LETTERS: Final = re.compile(r"[A-Za-z]{2}")
_FIELD: Final = re.compile(r"\{(\w*)(?::[^{}]*)?\}")


def texts_of(source: str) -> Iterator[tuple[int, str]]:
    """Return what a module says, with the line of each text.

    Args:
        source: Of the module.

    Examples:
        >>> list(texts_of("print(f'{many:.1f} of {len(them)} scans fit.')"))
        [(1, '{many} of {len} scans fit.')]
        >>> list(texts_of("'It measures {:.2f} mm.'.format(width)"))
        [(1, 'It measures {value} mm.')]
    """
    tree = ast.parse(source)
    left_out = {id(node) for node in _not_said(tree)}
    for node in ast.walk(tree):
        text = None if id(node) in left_out else _text(node)
        if text and _is_said(text):
            yield node.lineno, text  # type: ignore[attr-defined]  # a text has a line


def extract(
    file: io.BytesIO, _keywords: object, _tags: object, options: dict[str, str]
) -> Iterator[tuple[int, str, str, list[str]]]:
    """Extract as Babel asks for it.

    Args:
        file: The module.
        options: `only`: a pattern that texts have to match, if there is one.
    """
    only = re.compile(options.get("only", ""))
    for line, text in texts_of(file.read().decode()):
        if only.search(text):
            yield line, "gettext", text, []


def _not_said(tree: ast.AST) -> Iterator[ast.AST]:
    """Yield texts that nobody is told: docstrings, descriptions, parts of others."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            yield node.value
        elif isinstance(node, ast.keyword) and node.arg in _FOR_PROGRAMMERS:
            yield from ast.walk(node)
        elif isinstance(node, ast.JoinedStr):
            # Words that are chosen inside of a text are texts of their own.
            pieces = [part for part in node.values if isinstance(part, ast.Constant)]
            specs = [each.format_spec for each in _values(node) if each.format_spec]
            yield from pieces
            for spec in specs:
                yield from ast.walk(spec)
        elif isinstance(node, ast.Call) and _name(node.func).startswith(
            ("log", "_log")
        ):
            yield from ast.walk(node)
        elif isinstance(node, (ast.Subscript, ast.Compare)):
            yield from (
                each for each in ast.walk(node) if isinstance(each, ast.Constant)
            )


def _values(node: ast.JoinedStr) -> list[ast.FormattedValue]:
    return [part for part in node.values if isinstance(part, ast.FormattedValue)]


def _text(node: ast.AST) -> str | None:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return _numbered(_FIELD.sub(r"{\1}", node.value))
    if isinstance(node, ast.JoinedStr):
        return _numbered("".join(map(_piece, node.values)))
    return None


def _piece(part: ast.expr) -> str:
    if isinstance(part, ast.FormattedValue):
        return f"{{{_name(part.value).strip('_').lower()}}}"
    if isinstance(part, ast.Constant):
        return _FIELD.sub(r"{\1}", str(part.value))
    return ""


def _numbered(text: str) -> str:
    """Return a text in which no two placeholders have one name."""
    seen: Counter[str] = Counter()

    def rename(match: re.Match[str]) -> str:
        name = match[1] or "value"
        seen[name] += 1
        return f"{{{name}}}" if seen[name] == 1 else f"{{{name}_{seen[name]}}}"

    return re.sub(r"\{(\w*)\}", rename, text)


def _name(value: ast.expr) -> str:
    """Return what a placeholder is called: the name of what stands there."""
    if isinstance(value, ast.Name):
        return value.id
    if isinstance(value, ast.Attribute):
        return value.attr
    if isinstance(value, ast.Subscript):
        return _name(value.value)
    if isinstance(value, ast.Call):
        return _name(value.func)
    return "value"


def _is_said(text: str) -> bool:
    words = re.sub(r"\{\w+\}", "", text)
    return bool(_LEAST_LETTERS.search(words))
