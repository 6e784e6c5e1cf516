"""Sections of text and tables, as Markdown and as HTML."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape


@dataclass(frozen=True)
class Table:
    """Rows under columns; the first column names the row."""

    columns: Sequence[str]
    rows: Sequence[Sequence[str]]


@dataclass(frozen=True)
class Section:
    """A part of the card.

    Attributes:
        title: Its heading.
        text: Paragraphs.
        bullets: Points after them.
        tables: After those.
        figures: Names of pictures that the report shows here.
    """

    title: str
    text: Sequence[str] = ()
    bullets: Sequence[str] = ()
    tables: Sequence[Table] = ()
    figures: Sequence[str] = ()


def as_markdown(title: str, sections: Sequence[Section]) -> str:
    """Write sections as Markdown, without pictures."""
    parts = [f"# {title}"]
    for section in sections:
        parts.append(f"## {section.title}")
        parts.extend(section.text)
        if section.bullets:
            parts.append("\n".join(f"- {each}" for each in section.bullets))
        parts.extend(map(_markdown_table, section.tables))
    return "\n\n".join(parts) + "\n"


def as_html(
    sections: Sequence[Section], pictures: Mapping[str, tuple[str, str]]
) -> str:
    """Write sections as HTML.

    Args:
        sections: What to write.
        pictures: By name, an SVG and a sentence on how to read it.

    Returns:
        Elements for a page's body.
    """
    return "\n".join(
        f"<section><h2>{escape(each.title)}</h2>\n"
        + "".join(f"<p>{escape(text)}</p>\n" for text in each.text)
        + _html_list(each.bullets)
        + "".join(map(_html_table, each.tables))
        + "".join(
            f"<figure>{svg}<figcaption>{escape(words)}</figcaption></figure>\n"
            for svg, words in (
                pictures[name] for name in each.figures if name in pictures
            )
        )
        + "</section>"
        for each in sections
    )


def _markdown_table(table: Table) -> str:
    lines = [table.columns, ["---"] * len(table.columns), *table.rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def _html_list(bullets: Sequence[str]) -> str:
    if not bullets:
        return ""
    return "<ul>" + "".join(f"<li>{escape(each)}</li>" for each in bullets) + "</ul>\n"


def _html_table(table: Table) -> str:
    head = "".join(f'<th scope="col">{escape(each)}</th>' for each in table.columns)
    body = "".join(
        f'<tr><th scope="row">{escape(first)}</th>'
        + "".join(f"<td>{escape(each)}</td>" for each in rest)
        + "</tr>"
        for first, *rest in table.rows
    )
    return (
        f'<div class="table"><table><thead><tr>{head}</tr></thead>'
        f"<tbody>{body}</tbody></table></div>\n"
    )
