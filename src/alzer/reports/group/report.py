"""What the report of many scans says, in the order in which it is read."""

from dataclasses import dataclass

from alzer.reports.group.attention import Flag
from alzer.reports.group.plots import Plot
from alzer.reports.report import NOTICE, Fact


@dataclass(frozen=True)
class Count:
    """How many scans something holds for.

    Attributes:
        name: What.
        number: Of scans.
        width: The same as a bar, 0 to 100.
        is_answer: Whether it is an answer, rather than the lack of one.
    """

    name: str
    number: int
    width: float
    is_answer: bool = True


@dataclass(frozen=True)
class Look:
    """A scan that a person should look at, with its picture.

    Attributes:
        name: Participant and session.
        headline: Its answer, as people may see it.
        flags: What speaks against it.
        facts: How it was prepared, in numbers.
        picture: Three planes or all slices, as JPEG; None where there is none.
        words: What is to be seen there.
        link: Where a larger picture is, beside the report; or empty.
    """

    name: str
    headline: str
    flags: tuple[Flag, ...]
    facts: tuple[Fact, ...]
    picture: bytes | None = None
    words: str = ""
    link: str = ""


@dataclass(frozen=True)
class Visits:
    """The scans of one person who was scanned several times.

    Attributes:
        name: The participant.
        sessions: Each session with its answer.
        verdict: Whether the answers agree, in a few words.
        agree: Whether they share a class that can't be ruled out.
    """

    name: str
    sessions: tuple[Fact, ...]
    verdict: str
    agree: bool


@dataclass(frozen=True)
class GroupReport:
    """The report of many scans.

    Attributes:
        summary: How many there are of what.
        notes: What a reader must know of the whole, as sentences.
        headlines: Scans by what can't be ruled out for them.
        classes: Scans by the classes that they may be of, and by the most probable one.
        flags: Scans by what speaks against their answers.
        looks: The scans that a person should look at first, the worst in front.
        more_looks: How many further scans only the table names.
        visits: People with several sessions, those whose answers differ first.
        visits_summary: The same in a sentence; or empty.
        plots: By age, sex and rating.
        plots_note: On whom they rest, as a sentence.
        model: What answered, and how good it is.
        limits: What must not be made of it, as sentences.
        made: When the report was made, and by what.
        notice: What it is, and is not.
    """

    summary: tuple[Fact, ...]
    notes: tuple[str, ...]
    headlines: tuple[Count, ...]
    classes: tuple[tuple[str, int, int], ...]
    flags: tuple[Count, ...]
    looks: tuple[Look, ...]
    more_looks: int
    visits: tuple[Visits, ...]
    visits_summary: str
    plots: tuple[Plot, ...]
    plots_note: str
    model: tuple[Fact, ...]
    limits: tuple[str, ...]
    made: tuple[Fact, ...]
    notice: str = NOTICE


@dataclass(frozen=True)
class Thumbnail:
    """A small picture of a scan.

    Attributes:
        jpeg: The file.
        words: What is to be seen on it.
        link: Where a larger one is, beside the report; or empty.
    """

    jpeg: bytes
    words: str
    link: str = ""
