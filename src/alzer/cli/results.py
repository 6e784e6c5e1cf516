"""The folder that results go to: heatmaps, their legend, the records."""

import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from enum import Enum, auto
from pathlib import Path
from typing import Any, Final

from alzer.cli.earlier import Earlier, read_earlier
from alzer.cli.records import Format
from alzer.cli.records_file import RecordsFile, not_writable
from alzer.cli.result_names import harmless_name, heatmap_name
from alzer.errors import InvalidRequest, StorageUnavailable
from alzer.explain.overlay import draw_legend, encode_png
from alzer.model.engine import ModelIdentity

HEATMAPS: Final = "heatmaps"
SCANS: Final = "scans"
MAPS: Final = "maps"
BUNDLES: Final = "bundles"
UNRELIABLE: Final = "not-reliable"
LEGEND: Final = "legend.png"
SUMMARY: Final = "run.json"

_KINDS: Final = (Format.json, Format.jsonl, Format.csv)  # a table becomes CSV


class Existing(Enum):
    """What is done with the results that a folder holds already."""

    REFUSE = auto()
    RESUME = auto()
    OVERWRITE = auto()


@dataclass(frozen=True)
class Choice:
    """How a call wants its results.

    Attributes:
        format: How records are shown; None if the call does not say.
        usual: What stands for None.
        existing: What is done with results that are there already.
    """

    format: Format | None
    usual: Format
    existing: Existing = Existing.REFUSE

    @property
    def shown(self) -> Format:
        """How records are shown."""
        return self.format or self.usual


@dataclass(frozen=True)
class ResultsFolder:
    """Where the results of one call go.

    Attributes:
        path: The folder.
        kind: How its records are written.
        earlier: The records that are there already, and stay.
        source: The file that holds them.
    """

    path: Path
    kind: Format
    earlier: Earlier = field(default_factory=Earlier)
    source: Path | None = None

    @classmethod
    def open(cls, path: Path, choice: Choice) -> "ResultsFolder":
        """Make the folder ready, so that nothing is analysed in vain.

        Args:
            path: Created if absent.
            choice: What the call wants.

        Returns:
            The folder; the legend lies in it.

        Raises:
            InvalidRequest: If it holds results that the call would replace without
                saying so, or can't add to.
            StorageUnavailable: If nothing can be written there.
        """
        kind = _as_file(choice.shown)
        folder = cls(path, kind)
        found = {each: files for each in _KINDS if (files := _files(path, each))}
        if choice.existing is Existing.REFUSE:
            _refuse_results(path, found)
        elif choice.existing is Existing.RESUME and found:
            kind = _only_kind(found, choice)
            source = found[kind][0]
            folder = cls(path, kind, read_earlier(source, kind), source)
        if not (path / LEGEND).exists():  # a picture of that name may be theirs
            folder.write(path / LEGEND, encode_png(draw_legend()))
        return folder

    @property
    def own(self) -> frozenset[str]:
        """Real paths of files that are results, never inputs."""
        names = {HEATMAPS, SCANS, MAPS, BUNDLES, LEGEND, SUMMARY}
        for kind in _KINDS:
            names |= {f"predictions.{kind}", f"predictions.{kind}.part"}
        return frozenset(os.path.realpath(self.path / name) for name in names)

    def check_model(self, model: ModelIdentity) -> None:
        """Refuse to add to the records of another model.

        Args:
            model: What answers now.

        Raises:
            InvalidRequest: If the summary of the earlier call names another one.
        """
        if self.source is None:
            return
        try:
            earlier = json.loads((self.path / SUMMARY).read_text("utf-8"))["model"]
            is_same = earlier["sha256"] == model.sha256
        except (OSError, ValueError, TypeError, KeyError):
            return  # written by a version that kept no summary
        if not is_same:
            message = (
                "The earlier records are of another model. Go on with that one "
                "(--model), or choose another folder with --output."
            )
            raise InvalidRequest(message)

    def summarise(self, model: ModelIdentity, facts: Mapping[str, Any]) -> None:
        """Write what a program may want to know of the call as a whole.

        Args:
            model: What answers.
            facts: Counts, by name.

        Raises:
            StorageUnavailable: If it can't be written.
        """
        summary = {"records": f"predictions.{self.kind}", "model": asdict(model)}
        text = json.dumps({**summary, **facts}, indent=2) + "\n"
        self.write(self.path / SUMMARY, text.encode())

    def save_heatmap(self, name: str, png: bytes, *, reliable: bool) -> str:
        """Keep one heatmap.

        Args:
            name: The input that it belongs to.
            png: The encoded picture.
            reliable: Whether its answer can be relied on; if not, the picture lies in
                a folder that says so.

        Returns:
            Its path; inputs of equal name in different folders have different ones.

        Raises:
            StorageUnavailable: If it can't be written.
        """
        folder = self.path / HEATMAPS
        path = (folder if reliable else folder / UNRELIABLE) / heatmap_name(name)
        self.write(path, png)
        return self.text_of(path)

    def save_extra(
        self, what: str, name: str, content: bytes, *, reliable: bool
    ) -> str:
        """Keep what was asked for beside a heatmap.

        Args:
            what: Its plain name, such as `map.png` or `bundle.zip`.
            name: The input that it belongs to.
            content: The file.
            reliable: As for `save_heatmap`; a bundle says so itself.

        Returns:
            Its path.

        Raises:
            StorageUnavailable: If it can't be written.
        """
        suffix = Path(what).suffix
        folder = self.path / (BUNDLES if suffix == ".zip" else MAPS)
        if not reliable and suffix != ".zip":
            folder /= UNRELIABLE
        path = folder / f"{harmless_name(name)}{suffix}"
        self.write(path, content)
        return self.text_of(path)

    def save_legend(self, png: bytes | None) -> None:
        """Keep the legend of the maps.

        Args:
            png: The picture; None if there are no maps.

        Raises:
            StorageUnavailable: If it can't be written.
        """
        if png is not None:
            self.write(self.path / MAPS / LEGEND, png)

    def text_of(self, path: Path) -> str:
        """Return how a record names a file of results.

        Args:
            path: Where `write` puts it.
        """
        return str(path)

    def discard(self, path: Path) -> None:
        """Remove a file again, if it can be.

        Args:
            path: Where `write` has put it.
        """
        _discard(path)

    def write(self, path: Path, content: bytes) -> None:
        """Write a file whole or not at all.

        Args:
            path: Where to.
            content: What.

        Raises:
            StorageUnavailable: If it can't be written.
        """
        partial = path.with_name(path.name + ".part")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            partial.write_bytes(content)
            partial.replace(path)
        except OSError as error:
            raise StorageUnavailable(not_writable(error)) from error
        finally:
            _discard(partial)

    def records(self) -> RecordsFile:
        """Begin the file of records, or go on with it.

        Returns:
            What takes the records; to be used as a context.
        """
        path = self.path / f"predictions.{self.kind}"
        return RecordsFile(path, self.kind, self.earlier, self.source)


def _as_file(chosen: Format) -> Format:
    return Format.csv if chosen is Format.table else chosen


def _files(path: Path, kind: Format) -> tuple[Path, ...]:
    """Return the files of records that are there, the one to go on with first."""
    final = path / f"predictions.{kind}"
    candidates = (final.with_name(f"{final.name}.part"), final)
    return tuple(each for each in candidates if each.is_file())


def _refuse_results(path: Path, found: Mapping[Format, tuple[Path, ...]]) -> None:
    names = [files[-1].name for files in found.values()]
    if not names:
        folders = (HEATMAPS, SCANS, MAPS)
        names = [name for name in folders if any(_pictures(path / name))]
    if names:
        message = (
            f"The folder holds earlier results already ({', '.join(names)}). Choose "
            "another folder with --output, go on where they end with --resume, or "
            "replace them with --overwrite."
        )
        raise InvalidRequest(message)


def _pictures(folder: Path) -> Iterator[Path]:
    return folder.rglob("*.png")


def _only_kind(found: Mapping[Format, tuple[Path, ...]], choice: Choice) -> Format:
    if choice.format is None and len(found) == 1:
        (kind,) = found
        return kind
    chosen = _as_file(choice.shown)
    if choice.format is None or chosen not in found:
        names = " and ".join(found)
        message = f"The earlier records are in {names}; go on with --format {names}."
        if len(found) > 1:
            message = f"The earlier records are in {names}; say --format with one."
        raise InvalidRequest(message)
    return chosen


def _discard(partial: Path) -> None:
    try:
        partial.unlink(missing_ok=True)
    except OSError:
        return  # its folder is not there, or not ours: nothing was written either
