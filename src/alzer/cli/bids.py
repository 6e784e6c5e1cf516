"""BIDS data sets: whose scans they hold, and where results of them belong.

Source: Brain Imaging Data Structure, version 1.9.0: common principles, magnetic
resonance imaging, derivatives.
"""

import json
import os
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Final

from alzer import __version__
from alzer.cli.inputs import NO_IMAGES, Failure, Input, Person, Skipped
from alzer.errors import InvalidRequest

DESCRIPTION: Final = "dataset_description.json"

# How the left-out images of a session are counted.
OTHER_T1: Final = "further T1w image of a session"

HINT: Final = (
    "The folder is a BIDS data set. With --bids its T1w images alone are analysed, one "
    "of each session, and results are written as BIDS derivatives."
)

# What derived data sets call the one with the images.
RAW: Final = "raw"

_NO_DATA_SET: Final = "The image is of no BIDS data set."
_VERSION: Final = "1.9.0"
DERIVATIVES: Final = "derivatives"
_LABEL: Final = "[A-Za-z0-9+]+"
_PARTICIPANT: Final = re.compile(f"sub-{_LABEL}")
_SESSION: Final = re.compile(f"ses-{_LABEL}")
_T1W: Final = re.compile(
    rf"(?P<stem>sub-{_LABEL}(_[a-z]+-{_LABEL})*)_T1w\.nii(\.gz)?", re.IGNORECASE
)

_NOBODY: Final = Failure(
    NO_IMAGES,
    "The folder holds no sub-*/anat/*_T1w.nii.gz, with sessions or without. Name the "
    "folder of a BIDS data set, or leave out --bids.",
)

_NO_FOLDER: Final = Failure(
    NO_IMAGES,
    "This is a file. Name the folder of a BIDS data set, or leave out --bids.",
)
_NOT_THERE: Final = Failure(NO_IMAGES, "There is no such folder. Check its path.")

_SHARED: Final = (
    "Two of the data sets have an image of that name of {participant}: results of both "
    "would have the same names. Call alzer once for each data set, each with an "
    "--output of its own."
)

# Where results lie below a participant's folder, and how their names end.
# `statmap` is what other programs call maps of values; those that can't be relied on
# have another name, so that nothing gathers them by that of the others.
_PLACES: Final[Mapping[str, str]] = {
    "evidence.nii.gz": "anat/{stem}_desc-{doubt}evidence_statmap.nii.gz",
    "evidence.json": "anat/{stem}_desc-{doubt}evidence_statmap.json",
    "brain.nii.gz": "anat/{stem}_desc-brain_T1w.nii.gz",
    "brain.json": "anat/{stem}_desc-brain_T1w.json",
    "brain_mask.nii.gz": "anat/{stem}_desc-brain_mask.nii.gz",
    "brain_mask.json": "anat/{stem}_desc-brain_mask.json",
    "prediction.json": "anat/{stem}_prediction.json",
    "heatmap.png": "figures/{apart}{stem}_desc-heatmap_T1w.png",
    "map.png": "figures/{apart}{stem}_desc-map_T1w.png",
    "bundle.zip": "{stem}_desc-{doubt}bundle.zip",
    "strip.png": "figures/{apart}{stem}_desc-strip_T1w.png",
    "planes.png": "figures/{stem}_desc-planes_T1w.png",
}
_SLICE_PLACE: Final = "figures/{apart}{stem}_desc-{name}_T1w.png"


def is_data_set(name: str) -> bool:
    """Check whether a folder says that it is a BIDS data set."""
    return Path(name, DESCRIPTION).is_file()


def any_image(_: str) -> bool:
    """Accept every T1-weighted image, whatever its name."""
    return True


def find_participants(
    names: Iterable[str],
    skipped: Skipped | None = None,
    accepts: Callable[[str], bool] = any_image,
) -> Iterator[Input]:
    """Find the T1-weighted images of BIDS data sets, one of each session.

    Args:
        names: Folders of data sets.
        skipped: Takes how many further images of sessions are left out.
        accepts: Given the name of an image, says whether it is wanted at all.

    Yields:
        The first image of each session by its name, participants and sessions in the
        order of theirs; a folder without any comes with its failure.
    """
    skipped = Counter() if skipped is None else skipped
    for name in names:
        found = list(_images_of(name, skipped, accepts))
        yield from found or [Input(name, _why_nobody(name))]


def _why_nobody(name: str) -> Failure:
    if Path(name).is_dir():
        return _NOBODY
    return _NO_FOLDER if Path(name).exists() else _NOT_THERE


def _images_of(
    data_set: str, skipped: Skipped, accepts: Callable[[str], bool]
) -> Iterator[Input]:
    for participant in _folders(data_set, _PARTICIPANT):
        folder = os.path.join(data_set, participant)  # noqa: PTH118 - names as given
        sessions = _folders(folder, _SESSION)
        for session in [None, *sessions]:
            images = _images(Path(folder, session or "", "anat"), accepts)
            if images:
                skipped[OTHER_T1] += len(images) - 1
                yield Input(images[0], person=Person(participant, session))
    if not skipped[OTHER_T1]:
        del skipped[OTHER_T1]


def _folders(folder: str, pattern: re.Pattern[str]) -> list[str]:
    try:
        with os.scandir(folder) as entries:
            return sorted(
                entry.name
                for entry in entries
                if pattern.fullmatch(entry.name) and entry.is_dir()
            )
    except OSError:
        return []  # a file, or a folder that may not be listed


def _images(folder: Path, accepts: Callable[[str], bool]) -> list[str]:
    try:
        found = sorted(
            path
            for path in folder.iterdir()
            if _T1W.fullmatch(path.name) and accepts(path.name)
        )
    except OSError:
        return []
    return [str(path) for path in found]


def derivative_folder(output: Path) -> Path:
    """Return the folder of the derived data set.

    Args:
        output: What the call names: a data set, any folder, or one in `derivatives`.

    Returns:
        `derivatives/alzer` below it, or the folder itself if it lies in `derivatives`.
    """
    if output.absolute().parent.name == DERIVATIVES:
        return output
    return output / DERIVATIVES / "alzer"


def description(
    further: Mapping[str, object] | None = None,
    container: Mapping[str, str] | None = None,
) -> bytes:
    """Return the description of the derived data set.

    Args:
        further: More fields, such as `DatasetLinks`.
        container: The container image that alzer runs in, if it does.

    Returns:
        The file.
    """
    made_by = {
        "Name": "alzer",
        "Version": __version__,
        "Description": "Research and education software; not a medical device.",
        **({"Container": container} if container else {}),
    }
    facts = {
        "Name": "Degree of cognitive impairment by alzer, with its evidence",
        "BIDSVersion": _VERSION,
        "DatasetType": "derivative",
        "GeneratedBy": [made_by],
        **(further or {}),
    }
    return (json.dumps(facts, indent=2) + "\n").encode()


def links_to(data_sets: Iterable[str], output: Path) -> Mapping[str, object]:
    """Return where the images are that a derived data set was made of.

    Args:
        data_sets: Folders of data sets.
        output: Folder of the derived one.

    Returns:
        `DatasetLinks`, with `RAW` for the only data set; empty if there are several.
    """
    named = {os.path.realpath(name) for name in data_sets}
    if len(named) != 1:
        return {}
    return {"DatasetLinks": {RAW: os.path.relpath(named.pop(), output.resolve())}}


def refuse_shared_places(images: Iterable[Input]) -> None:
    """Check that results of each image have names of their own.

    Args:
        images: Of all data sets of a call; those without a person are left alone.

    Raises:
        InvalidRequest: Two would write to the same files.
    """
    taken: set[Path] = set()
    for image in images:
        if image.person is None:
            continue
        place = place_of(image, "prediction.json", reliable=True)
        if place in taken:
            raise InvalidRequest(_SHARED.format(participant=image.person.participant))
        taken.add(place)


def source_of(image: Input) -> str:
    """Return how derived data sets name an image: as a BIDS URI.

    Args:
        image: With its person.

    Raises:
        ValueError: If the image is of no data set.
    """
    if image.person is None:
        raise ValueError(_NO_DATA_SET)
    person, name = image.person, Path(image.name).name
    parts = (person.participant, person.session, "anat", name)
    return f"bids:{RAW}:" + "/".join(part for part in parts if part)


def place_of(image: Input, what: str, *, reliable: bool) -> Path:
    """Return where a result belongs in the derived data set.

    Args:
        image: The image that it is of, with its person.
        what: The result's plain name, such as `evidence.nii.gz` or `slice_07.png`.
        reliable: Whether the answer can be relied on.

    Returns:
        The path below the data set's folder.

    Raises:
        ValueError: If the image is of no data set.
    """
    match = _T1W.fullmatch(Path(image.name).name)
    if match is None or image.person is None:
        raise ValueError(_NO_DATA_SET)
    place = _PLACES.get(what, _SLICE_PLACE).format(
        stem=match["stem"],
        apart="" if reliable else "not-reliable/",
        doubt="" if reliable else "unreliable",
        name=Path(what).stem.replace("_", ""),  # labels are letters and digits
    )
    return Path(image.person.participant, image.person.session or "", place)


def sidecar(facts: Mapping[str, object]) -> bytes:
    """Return what is said of an image in the JSON file beside it."""
    return (json.dumps(facts, indent=2) + "\n").encode()
