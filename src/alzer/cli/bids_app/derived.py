"""The derived data set that `alzer bids` writes, also by several jobs at a time.

Everything of a scan lies in its participant's folder, and what is common to all is the
same whoever writes it: jobs for different participants share no file that one of them
could spoil.
"""

import json
import os
import re
import secrets
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from alzer.cli import bids
from alzer.cli.inputs import Input
from alzer.cli.records import Format, Record
from alzer.cli.records_file import not_writable
from alzer.cli.results import LEGEND, ResultsFolder
from alzer.errors import InvalidRequest, StorageUnavailable
from alzer.explain.overlay import draw_legend, encode_png

RECORD: Final = "prediction.json"

# Field of a record whose files could not all be written.
FILES_LOST: Final = "files_not_written"
LOGS: Final = "logs"

# What the standard of derivatives has no name for. `.*.part` is what a job that was
# killed leaves.
_IGNORED: Final = (
    "figures",
    "*_statmap.nii.gz",
    "*_statmap.json",
    "*_prediction.json",
    "*_bundle.zip",
    "group_alzer.*",
    LEGEND,
    LOGS,
    ".*.part",
)

_README: Final = """# Degree of cognitive impairment by alzer

Derivatives of T1-weighted images of the head: what a neural network makes of each, and
what influenced it. Research and education software; it is not a medical device and must
not guide the care of anyone.

- `sub-*/[ses-*/]anat/*_prediction.json`: the answer for one scan, or why there is none
- `*_desc-evidence_statmap.nii.gz`: what influenced the model, not where disease is;
  `desc-unreliableevidence` where the answer can't be relied on
- `*_desc-brain_mask.nii.gz`, `*_desc-brain_T1w.nii.gz`: the brain, without skull and
  face
- `figures`: pictures, of which `legend.png` explains the colours
- `group_alzer.tsv`, `group_alzer.html`: all scans together, written at the group level
"""

_OTHERS: Final = (
    "The output folder is a data set that alzer did not make. Choose another folder, "
    "such as derivatives/alzer in the data set."
)

# Names of results: only such are ever removed.
_OWN: Final = re.compile(
    r"(unreliable)?(evidence|bundle)|brain|heatmap|strip|planes|map|slice\d\d"
)


@dataclass(frozen=True)
class DerivedDataSet(ResultsFolder):
    """A folder of results that is a derived data set.

    Attributes:
        images: What is analysed, by name.
    """

    images: dict[str, Input] = field(default_factory=dict)

    @classmethod
    def make(cls, path: Path, data_set: Path, container: str) -> "DerivedDataSet":
        """Make the folder ready.

        Args:
            path: The folder; created if absent.
            data_set: The one with the images.
            container: Name and tag of the image that alzer runs in; or empty.

        Returns:
            The data set, with its description.

        Raises:
            InvalidRequest: If another program's data set is there.
            StorageUnavailable: If nothing can be written there.
        """
        made = cls(path, Format.jsonl)
        _refuse_others(path / bids.DESCRIPTION)
        further = {
            **bids.links_to([str(data_set)], path),
            **_source_data_set(data_set, path),
        }
        description = bids.description(further, describe_container(container))
        made.write_once(path / bids.DESCRIPTION, description)
        made.write_once(path / ".bidsignore", "".join(f"{one}\n" for one in _IGNORED))
        made.write_once(path / "README.md", _README)
        made.write_once(path / LEGEND, encode_png(draw_legend()))
        return made

    def write(self, path: Path, content: bytes) -> None:
        """Write a file whole or not at all, also if another job writes the same.

        Args:
            path: Where to.
            content: What.

        Raises:
            StorageUnavailable: If it can't be written.
        """
        own = f".{path.name}.{os.getpid()}-{secrets.token_hex(4)}.part"
        partial = path.with_name(own)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            partial.write_bytes(content)
            partial.replace(path)
        except OSError as error:
            raise StorageUnavailable(not_writable(error)) from error
        finally:
            with suppress(OSError):
                partial.unlink(missing_ok=True)

    def write_once(self, path: Path, content: bytes | str) -> None:
        """Write a file that all jobs have in common, unless it is there already.

        Args:
            path: Where to.
            content: What; of text, its UTF-8.

        Raises:
            StorageUnavailable: If it can't be written.
        """
        meant = content.encode() if isinstance(content, str) else content
        with suppress(OSError):
            if path.read_bytes() == meant:
                return
        self.write(path, meant)

    def save_heatmap(self, name: str, png: bytes, *, reliable: bool) -> str:
        """Keep the heatmap of an image that is one slice.

        Args:
            name: The image.
            png: The encoded picture.
            reliable: Whether its answer can be relied on.

        Returns:
            Its path.

        Raises:
            StorageUnavailable: If it can't be written.
        """
        place = bids.place_of(self.images[name], "heatmap.png", reliable=reliable)
        self.write(self.path / place, png)
        return str(self.path / place)

    def record_path(self, image: Input) -> Path:
        """Return where the record of an image belongs."""
        return self.path / bids.place_of(image, RECORD, reliable=True)

    def keep(self, image: Input, record: Record) -> None:
        """Write the record of an image, and remove what an earlier one left.

        Where files could not be written, those of the earlier one stay.

        Args:
            image: What was analysed.
            record: What came of it; paths in it are below this folder.

        Raises:
            StorageUnavailable: If it can't be written.
        """
        text = json.dumps(record, indent=2, allow_nan=False) + "\n"
        self.write(self.record_path(image), text.encode())
        if record.get(FILES_LOST):
            return
        named = {self.path / name for name in _texts_in(record)}
        for path in self._results_of(image):
            is_told = path in named or _beside(path) in named
            if not is_told:
                with suppress(OSError):
                    path.unlink(missing_ok=True)

    def localise(self, record: Record) -> dict[str, Any]:
        """Return a record whose paths hold wherever the data set is.

        Args:
            record: With paths as they are on this machine.
        """
        told: dict[str, Any] = _localise(record, f"{self.path}{os.sep}")
        return told

    def _results_of(self, image: Input) -> Iterator[Path]:
        record = self.record_path(image)
        stem = record.name.removesuffix(f"_{RECORD}")
        for path in record.parent.parent.rglob(f"{stem}_desc-*"):
            described = path.name.removeprefix(f"{stem}_desc-").partition("_")[0]
            if _OWN.fullmatch(described):
                yield path


def describe_container(tag: str, root: Path = Path("/")) -> Mapping[str, str]:
    """Describe the container that this program runs in, as BIDS does.

    Args:
        tag: Name and tag of its image, as a setting has them.
        root: Where the marks of container engines lie.

    Returns:
        Its type and tag; empty outside of containers and without a tag.
    """
    marks = {
        "apptainer": ".singularity.d",
        "podman": "run/.containerenv",
        "docker": ".dockerenv",
    }
    kinds = [kind for kind, mark in marks.items() if (root / mark).exists()]
    if not kinds or not tag:
        return {}
    return {"Type": kinds[0], "Tag": tag}


def _refuse_others(description: Path) -> None:
    """Refuse to write into the data set of another program.

    Raises:
        InvalidRequest: It is one.
    """
    try:
        told = json.loads(description.read_text("utf-8"))
        makers = [str(one["Name"]) for one in told["GeneratedBy"]]
    except FileNotFoundError:
        return
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise InvalidRequest(_OTHERS) from error
    if "alzer" not in makers:
        raise InvalidRequest(_OTHERS)


def _source_data_set(data_set: Path, output: Path) -> Mapping[str, object]:
    """Return what the derived data set was made of, as far as that is told."""
    told: dict[str, str] = {
        "URL": os.path.relpath(data_set.resolve(), output.resolve())
    }
    with suppress(OSError, ValueError, AttributeError):
        known = json.loads((data_set / bids.DESCRIPTION).read_text("utf-8"))
        if doi := known.get("DatasetDOI"):
            told["DOI"] = str(doi)
    return {"SourceDatasets": [told]}


def _texts_in(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for one in value.values():
            yield from _texts_in(one)
    elif isinstance(value, list):
        for one in value:
            yield from _texts_in(one)


def _beside(path: Path) -> Path:
    """Return the image that a JSON file tells of."""
    return path.with_suffix(".nii.gz")


def _localise(value: Any, folder: str) -> Any:  # noqa: ANN401 - any JSON
    if isinstance(value, str):
        return value.removeprefix(folder)
    if isinstance(value, Mapping):
        return {name: _localise(one, folder) for name, one in value.items()}
    if isinstance(value, list):
        return [_localise(one, folder) for one in value]
    return value
