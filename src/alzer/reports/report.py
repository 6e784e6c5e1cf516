"""What a report of one analysis says, in the order in which it is read."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal

from alzer.headline import About

Level = Literal["good", "doubt", "bad", "unknown"]

NOTICE: Final = (
    "Research and education software. Not a medical device. Do not use it for "
    "diagnosis or treatment."
)
HEATMAP_LIMIT: Final = (
    "The heatmap shows what influenced the model, not where disease is."
)


# English whatever the machine speaks.
MONTHS: Final = (
    *("January", "February", "March", "April", "May", "June", "July", "August"),
    *("September", "October", "November", "December"),
)


@dataclass(frozen=True)
class Fact:
    """Something with a name.

    Attributes:
        name: What it is.
        value: In words or numbers, with its unit.
        is_verbatim: Whether it is the same in all languages: names and identifiers.
    """

    name: str
    value: str
    is_verbatim: bool = False


@dataclass(frozen=True)
class Share:
    """The probability of one class.

    Attributes:
        name: Of the class.
        percent: As it is printed: without more digits than calibration bears.
        width: The same as a bar, 0 to 100.
        is_named: Whether the headline names the class.
        note: What to know of the class; empty if nothing.
    """

    name: str
    percent: str
    width: int
    is_named: bool
    note: str = ""


@dataclass(frozen=True)
class Picture:
    """A picture of the scan.

    Attributes:
        title: What it shows.
        png: The file.
        words: What is to be seen on it, for those who can't.
        is_heatmap: Whether the heatmap lies over it.
    """

    title: str
    png: bytes
    words: str
    is_heatmap: bool = False


@dataclass(frozen=True)
class Verdict:
    """What was judged of an answer or its map.

    Attributes:
        name: What was judged.
        level: How it did.
        verdict: In a few words.
        sentences: More about it, with numbers.
    """

    name: str
    level: Level
    verdict: str
    sentences: tuple[str, ...] = ()


@dataclass(frozen=True)
class Structure:
    """One structure of the brain, as it is printed.

    Attributes:
        name: Of it.
        volume: With its unit.
        share: Of the brain.
    """

    name: str
    volume: str
    share: str


@dataclass(frozen=True)
class Report:
    """A report of one analysis.

    Attributes:
        about: Of what the answer is.
        headline: What is read first: the classes that can't be ruled out, or that
            there is no reliable answer.
        title: What the headline is.
        remarks: How it is to be read, as sentences.
        is_reliable: Whether the answer can be relied on; None if the model can't tell.
        shares: One per class, in order of severity; none where there is no reliable
            answer.
        confidence: Whether the probabilities are calibrated, in a sentence.
        pictures: The scan, and the heatmap over it.
        no_heatmap: Why there is none; empty if there is one, or nobody asks.
        explained: Name of the class that the heatmap is about.
        verdicts: What was judged.
        measurements: What was measured of a head.
        structures: Of the brain, where they were measured.
        caveats: What to say beside them.
        notice: What it is, and is not, above everything else.
        warnings: What a reader must know, as sentences.
        identity: Date, reference and the like.
        scan: Format, size and the like.
        model: Which one answered, and how good it is.
        limits: What must not be made of it, as sentences.
    """

    about: About
    headline: str
    title: str
    remarks: tuple[str, ...]
    is_reliable: bool | None
    shares: tuple[Share, ...]
    confidence: str
    pictures: tuple[Picture, ...]
    no_heatmap: str
    explained: str
    verdicts: tuple[Verdict, ...]
    warnings: tuple[str, ...]
    identity: tuple[Fact, ...]
    scan: tuple[Fact, ...]
    model: tuple[Fact, ...]
    limits: tuple[str, ...]
    measurements: tuple[Fact, ...] = ()
    structures: tuple[Structure, ...] = ()
    caveats: tuple[str, ...] = ()
    notice: str = NOTICE

    @property
    def has_heatmap(self) -> bool:
        """Whether one of the pictures is the heatmap."""
        return any(picture.is_heatmap for picture in self.pictures)

    @property
    def pages(self) -> int:
        """How many pages it may take."""
        return 1 if self.about == "this slice" else 2


def describe_moment(moment: datetime) -> str:
    """Return a date and a time as they are printed.

    Args:
        moment: With its time zone.
    """
    month, zone = MONTHS[moment.month - 1], moment.tzname() or "UTC"
    return f"{moment.day} {month} {moment.year}, {moment:%H:%M} {zone}"


def percent(share: float) -> str:
    """Return a probability in whole percent: no calibration bears decimals.

    Args:
        share: 0 to 1.

    Examples:
        >>> percent(0.567).replace(chr(160), " ")
        '57 %'
        >>> percent(0.002).replace(chr(160), " ")
        'under 1 %'
        >>> percent(0.998).replace(chr(160), " ")
        'over 99 %'
    """
    whole = round(100.0 * share)
    if whole < 1:
        return "under 1\N{NO-BREAK SPACE}%"
    if whole > 99:
        return "over 99\N{NO-BREAK SPACE}%"
    return f"{whole}\N{NO-BREAK SPACE}%"
