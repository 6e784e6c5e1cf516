"""The report of a study: one file that needs nothing else."""

from collections.abc import Mapping
from html import escape
from typing import Any

from alzer.evaluation.layout import as_html, as_markdown
from alzer.evaluation.map_plots import draw_map_layers
from alzer.evaluation.outside_plots import draw_outside, draw_robustness
from alzer.evaluation.pictures import draw
from alzer.evaluation.words import describe

NOTICE = "Research and education software. Not a medical device."

_STYLE = """
:root { color-scheme: light dark; --ground: #f3f6f7; --surface: #fff; --ink: #16232b;
  --muted: #4f606b; --line: #d3dce1; }
@media (prefers-color-scheme: dark) { :root { --ground: #0f161a; --surface: #172026;
  --ink: #e5edf1; --muted: #a5b4bd; --line: #2b3a43; } }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 62rem; padding: 1rem; background: var(--ground);
  color: var(--ink); font: 1rem/1.5 system-ui, sans-serif; overflow-wrap: break-word;
  font-variant-numeric: tabular-nums; }
section { margin: 1rem 0; padding: 1rem 1.25rem; border: 1px solid var(--line);
  border-radius: .75rem; background: var(--surface); }
h1 { font-size: 1.5rem; } h2 { margin: 0 0 .5rem; font-size: 1.125rem; }
p, ul { margin: .5rem 0; max-width: 46rem; } ul { padding-left: 1.25rem; }
.table { overflow-x: auto; margin: .75rem 0; }
table { border-collapse: collapse; font-size: .875rem; }
th, td { padding: .375rem .75rem; border-bottom: 1px solid var(--line);
  text-align: left; vertical-align: top; }
thead th { color: var(--muted); font-weight: 600; }
tbody th { font-weight: 500; }
figure { margin: 1rem 0; max-width: 32rem; }
figure svg { display: block; width: 100%; height: auto; border-radius: .5rem;
  background: #fff; }
figcaption, .notice { color: var(--muted); font-size: .875rem; }
"""


def title_of(figures: Mapping[str, Any]) -> str:
    """Give the heading of a model's card."""
    model = figures["model"]
    return f"Model card: {model['name']} {model['version']}"


def write_card(figures: Mapping[str, Any]) -> str:
    """Write the model's card.

    Args:
        figures: What `evaluate` gave.

    Returns:
        Markdown.
    """
    return as_markdown(title_of(figures), describe(figures))


def write_report(figures: Mapping[str, Any]) -> str:
    """Write the report.

    Args:
        figures: What `evaluate` gave.

    Returns:
        A whole HTML page with its pictures inside.
    """
    title = escape(title_of(figures))
    pictures = {
        **draw(figures),
        **draw_map_layers(figures.get("map_layers")),
        **draw_outside(figures.get("outside")),
        **draw_robustness(figures.get("robustness")),
    }
    body = as_html(describe(figures), pictures)
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{title}</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n"
        f'<h1>{title}</h1>\n<p class="notice"><strong>{NOTICE}</strong></p>\n'
        f"{body}\n</body>\n</html>\n"
    )
