"""Keep the catalogues of the page's texts: collect, merge, compile, check.

    .venv-test/bin/python tools/catalogue.py update   # after texts have changed
    .venv-test/bin/python tools/catalogue.py check    # fails if that was forgotten

`update` collects the texts of templates, scripts and sentences into `alzer.pot`, brings
each `alzer.po` up to it, and compiles these: `alzer.mo` for templates, `texts.*.json`
for scripts, `sentences.json` for reports. A new language is a folder with a file
`alzer.po`, and a row in `languages/catalogue.py`.
"""

import io
import json
import re
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from sentences import extract as extract_sentences

ROOT: Final = Path(__file__).resolve().parents[1] / "src" / "alzer"
LOCALE: Final = ROOT / "languages" / "locale"
TEMPLATE: Final = LOCALE / "alzer.pot"
STATIC: Final = ROOT / "web" / "static"

KEYWORDS: Final = {
    **dict.fromkeys(("_", "gettext", "t", "msg")),
    **dict.fromkeys(("ngettext", "tn"), (1, 2)),
}

# A call in a script with its texts, of which there are two where a number decides.
_SCRIPT_CALL: Final = re.compile(
    r"""\b(t|tn|msg)\(\s*("(?:[^"\\]|\\.)*")(?:,\s*("(?:[^"\\]|\\.)*"))?"""
)

# No date of today: what has not changed is written as it was.
_CREATED: Final = datetime(2026, 11, 30, tzinfo=UTC)


def extract_scripts(
    file: io.BytesIO, _keywords: object, _tags: object, options: object
) -> Iterator[tuple[int, str, list[str], list[str]]]:
    """Extract the texts of a script as Babel asks for it."""
    del options  # none are needed
    source = file.read().decode()
    for call in _SCRIPT_CALL.finditer(source):
        texts = [json.loads(text) for text in call.groups()[1:] if text]
        line = source.count("\n", 0, call.start()) + 1
        yield line, call[1], texts if call[1] == "tn" else texts[:1], []


@dataclass(frozen=True)
class Source:
    """Files with texts.

    Attributes:
        pattern: Of their paths below the package.
        method: Finds the texts, as Babel knows it.
        options: Of the method.
    """

    pattern: str
    method: str | Callable[..., Any]
    options: dict[str, Any] = field(default_factory=dict)


def _said(pattern: str, only: str = r"\S \S") -> Source:
    return Source(pattern, extract_sentences, {"only": only})


# Whole sentences, and the reasons and advice that stand in them.
_SENTENCES: Final = (
    r"^(?!No such |Given up|Where |With `|What people)"
    r"[A-Z'{](?:\S+ ){2,}.*[.]\)?(?: \{\w+\})?$"
)
_LEVELS: Final = r"^(?:blue|green|yellow|red|low|moderate|high|critical)$"

_NO_UNIT: Final = r"^(?!\{\w+\} m[ml]$|alzer |This is no)"

SOURCES: Final = (
    Source("web/templates/*.html", "jinja2", {"trimmed": "true"}),
    Source("web/static/*.js", extract_scripts),
    Source("web/history_page.py", "python"),
    _said("classes.py", r"\S \S"),
    _said("headline.py", r"^No "),
    _said("conclusion.py", _SENTENCES),
    _said("caveats.py", r"\S \S|^(?:person|people)$"),
    _said("second_opinion.py"),
    _said("example.py", _SENTENCES),
    _said("evaluation/limits.py", _SENTENCES),
    _said("explanation.py", _SENTENCES),
    _said("map_check.py", _SENTENCES),
    _said("person_analysis.py", r"[.]$"),
    _said("backends/*.py", _SENTENCES),
    _said("backends/ray/handles.py", _SENTENCES),
    _said("decoding/messages.py", _SENTENCES),
    _said("decoding/pool.py", _SENTENCES),
    _said("explain/box_fills.py"),
    _said("explain/faithfulness.py"),
    _said("explain/map_quality.py"),
    _said("explain/methods.py", r"\S \S|^(?:none|most|Grad-CAM)$"),
    _said("explain/occlusion.py", _SENTENCES),
    _said("explain/overlay.py", rf"focus$|{_LEVELS}"),
    _said("explain/palettes.py", r"^(?:Blue and|Grey) "),
    _said("explain/place_words.py", r"\S \S|^(?:upper|lower|left|right)$"),
    _said("explain/slice_maps.py", r"^One|pixels$"),
    _said("model/answer_card.py", r"people|^everyone$"),
    _said("model/opinion_card.py", r"people"),
    _said("volumes/brain_extraction.py", _SENTENCES),
    _said("volumes/quality_limits.py"),
    _said("volumes/structure_evidence.py", _SENTENCES),
    _said("volumes/structures.py", r"^[a-z]+(?: [a-z]+)*$|[.]$"),
    _said("scans/plausibility.py"),
    _said("scans/*.py", _SENTENCES),
    _said("scans/dicom/*.py", _SENTENCES),
    _said("scans/series/*.py", _SENTENCES),
    _said("scans/foreign.py", r"^(?:an?|packed|plain|Python) .*[^.]$"),
    _said("scans/listing.py", r"^choose "),
    _said("scans/series/choosing.py", r"^(?:more than one|none is|send the)"),
    _said("scans/dicom/acceptance.py", r"^(?:the part|another part|other than)"),
    _said("store/database.py", r"^The database of|^it is |^the disk "),
    _said("store/filesystems.py", r"^The stored files"),
    _said("store/kinds.py", r"^(?:heatmap|original|evidence)$"),
    _said("store/store.py", r"^The analysis could not"),
    _said("store/writing.py", r"^The .* saved|^(?:the|its) [a-z ']+$"),
    Source("reports/templates/report.html", "jinja2", {"trimmed": "true"}),
    Source("reports/html.py", "python"),
    Source("reports/translating.py", "python"),
    _said("reports/composing.py", rf"{_NO_UNIT}.*\S \S|^[A-Z][a-z]+$"),
    _said("reports/model_figures.py", r"\S \S|^(?:Model|unknown)$"),
    _said("reports/pictures.py", r"\S \S"),
    _said("reports/report.py", r"\S \S|^[A-Z][a-z]+$"),
    _said("reports/verdicts.py", r"\S \S|^(?:good|(?:dis)?agrees|confirmed|failed)$"),
    _said("reports/pdf.py", _SENTENCES),
    _said("web/access.py", _SENTENCES),
    _said("web/dicom.py", _SENTENCES),
    _said("web/exception_handlers.py", _SENTENCES),
    _said("web/explanations.py", _SENTENCES),
    _said("web/history.py", r"^There is no"),
    _said("web/jobs.py", _SENTENCES),
    _said("web/login.py", _SENTENCES),
    _said("web/maps.py", _SENTENCES),
    _said("web/map_audit.py", _SENTENCES),
    _said("web/middleware.py", _SENTENCES),
    _said("web/reference_text.py", _SENTENCES),
    _said("web/references.py", _SENTENCES),
    _said("web/reports.py", _SENTENCES),
    _said("web/thumbnails.py", _SENTENCES),
    _said("web/uploads.py", _SENTENCES),
)


def collect() -> Catalog:
    """Return all texts of the page, in English."""
    catalogue = Catalog(
        project="alzer",
        copyright_holder="the alzer authors",
        header_comment="# Texts of alzer's page, in English.",
        last_translator="alzer",
        language_team="alzer",
        msgid_bugs_address="alzer",
        creation_date=_CREATED,
        fuzzy=False,
    )
    for source in SOURCES:
        for path in sorted(ROOT.glob(source.pattern)):
            where = path.relative_to(ROOT).as_posix()
            with path.open("rb") as file:
                found = extract(source.method, file, KEYWORDS, (), source.options)
                for _, text, comments, context in found:
                    catalogue.add(
                        text, None, [(where, 0)], (), comments, context=context
                    )
    return catalogue


def merge(collected: Catalog, language: str) -> Catalog:
    """Return the catalogue of a language with all texts that there are now."""
    path = LOCALE / language / "LC_MESSAGES" / "alzer.po"
    with path.open("rb") as file:
        catalogue = read_po(file, language)
    catalogue.update(collected, no_fuzzy_matching=True)
    catalogue.obsolete.clear()
    catalogue.creation_date = catalogue.revision_date = _CREATED
    catalogue.project, catalogue.copyright_holder = "alzer", "the alzer authors"
    catalogue.header_comment = f"# Texts of alzer's page ({language})."
    catalogue.last_translator = catalogue.language_team = "alzer"
    catalogue.msgid_bugs_address = "alzer"
    return catalogue


def as_po(catalogue: Catalog) -> bytes:
    """Return a catalogue as a file for people who translate."""
    file = io.BytesIO()
    write_po(file, catalogue, width=88, sort_output=True, include_lineno=False)
    return file.getvalue()


def as_mo(catalogue: Catalog) -> bytes:
    """Return a catalogue as the standard library reads it."""
    file = io.BytesIO()
    write_mo(file, catalogue)
    return file.getvalue()


def as_json(catalogue: Catalog) -> bytes:
    """Return of a catalogue what scripts need: their texts, and others' sentences.

    Only sentences are sought in what the service says: a script's "{one} and {other}"
    would be found in any of them.
    """
    kinds = {"texts": ".js", "sentences": ".py"}
    wanted = {
        kind: {
            _first(message.id): _forms(message)
            for message in catalogue
            if message.id and message.string and _is_on_page(message, suffix)
        }
        for kind, suffix in kinds.items()
    }
    return (
        f"{json.dumps(wanted, ensure_ascii=False, indent=0, sort_keys=True)}\n".encode()
    )


def as_sentences(catalogue: Catalog) -> bytes:
    """Return of a catalogue the sentences of modules, for what Python writes."""
    found = {
        message.id: message.string
        for message in catalogue
        # What a number decides is said by pages alone, and a text of values alone
        # would be found in any other.
        if isinstance(message.id, str)
        and message.string
        and _is_in(message, ".py")
        and re.search(r"[A-Za-z]{2}", re.sub(r"\{\w+\}", "", message.id))
    }
    text = json.dumps(found, ensure_ascii=False, indent=0, sort_keys=True)
    return f"{text}\n".encode()


def _is_in(message: Message, suffix: str) -> bool:
    return any(where.endswith(suffix) for where, _ in message.locations)


def _is_on_page(message: Message, suffix: str) -> bool:
    return any(
        where.endswith(suffix) and not where.startswith("reports/")
        for where, _ in message.locations
    )


def _first(identity: str | Sequence[str]) -> str:
    return identity if isinstance(identity, str) else identity[0]


def _forms(message: Message) -> str | list[str]:
    text = message.string
    return text if isinstance(text, str) else list(text or ())


def languages() -> list[str]:
    """Return the languages that there are catalogues of."""
    return sorted(each.parents[1].name for each in LOCALE.glob("*/*/alzer.po"))


def files() -> dict[Path, bytes]:
    """Return what all files of catalogues should hold."""
    collected = collect()
    wanted = {TEMPLATE: as_po(collected)}
    for language in languages():
        catalogue = merge(collected, language)
        folder = LOCALE / language / "LC_MESSAGES"
        wanted[folder / "alzer.po"] = as_po(catalogue)
        wanted[folder / "alzer.mo"] = as_mo(catalogue)
        wanted[folder / "sentences.json"] = as_sentences(catalogue)
        wanted[STATIC / f"texts.{language}.json"] = as_json(catalogue)
    return wanted


def stale() -> list[Path]:
    """Return the files that are not what the sources say."""
    return [
        path
        for path, content in files().items()
        if not path.exists() or path.read_bytes() != content
    ]


def main(wish: str) -> int:
    """Do what was asked for; return the exit code."""
    if wish == "update":
        for path, content in files().items():
            path.write_bytes(content)
        return 0
    names = [path.relative_to(ROOT).as_posix() for path in stale()]
    if names:
        message = (
            f"Not up to date: {', '.join(names)}. Run tools/catalogue.py update.\n"
        )
        sys.stderr.write(message)
    return int(bool(names))


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
