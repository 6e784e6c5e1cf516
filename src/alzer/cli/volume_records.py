"""The record of one whole head, and of what could not be answered for."""

from collections.abc import Mapping
from typing import Any, Final

from alzer.answer import Analysis
from alzer.cli.further_files import FIELDS, NO_EXTRAS, Extras
from alzer.cli.inputs import Failure, Input
from alzer.cli.records import Record, describe, describe_failure
from alzer.cli.results import ResultsFolder
from alzer.cli.scan_files import ScanFiles, describe_files, record_file
from alzer.cli.volumes import Head
from alzer.errors import StorageUnavailable
from alzer.person_evidence import (
    BRAIN_FILE,
    BRAIN_MASK_FILE,
    EVIDENCE_FILE,
    slice_file,
)
from alzer.volume_fields import preparation_fields, volume_fields

NOT_ASKED: Final = "Heatmaps are kept with --output."


def keep_head(
    scan: Input,
    head: Head,
    folder: ResultsFolder | None,
    lost: list[str],
    extras: Extras = NO_EXTRAS,
) -> Record:
    """Write down what came of a whole head, and keep its files.

    Args:
        scan: The input.
        head: What came of it.
        folder: Where its files go, if anywhere.
        lost: Takes why they could not be written, as a sentence.
        extras: What more is written of the analysis.

    Returns:
        The record, as plain values; it comes without files, too.
    """
    if folder is None:
        return _describe(scan, head, {}, NOT_ASKED)
    files = dict(head.files)
    answer = head.answer
    is_reliable = isinstance(answer, Failure) or answer.reliable is not False
    place = ScanFiles(folder, scan, reliable=is_reliable)
    try:
        if isinstance(answer, Analysis):
            files.update(describe_files(answer, scan))
            files.update(extras.files(answer, scan))
        paths = {what: folder.text_of(place.path_of(what)) for what in files}
        more = {FIELDS[what]: paths.get(what) for what in extras.names}
        record = {**_describe(scan, head, paths, None), **more}
        place.save({**files, **record_file(record)})
    except StorageUnavailable as error:
        lost.append(error.message)
        return _describe(scan, head, {}, error.message)
    return record


def _describe(
    scan: Input, head: Head, paths: Mapping[str, str], reason: str | None
) -> Record:
    if isinstance(head.answer, Failure):
        return describe_failed_head(scan, head.answer, head, paths)
    return describe_head(
        scan, head.answer, paths, head.answer.no_heatmap_reason or reason
    )


def describe_head(
    scan: Input, analysis: Analysis, paths: Mapping[str, str], reason: str | None
) -> Record:
    """Write down what was found in a whole head.

    Args:
        scan: The input.
        analysis: What was found.
        paths: Of the files that are kept, by plain name.
        reason: Why there is no heatmap.

    Returns:
        The record, as plain values.
    """
    record = describe(scan.name, analysis, paths.get("heatmap.png"), reason)
    fields = volume_fields(analysis)
    slices = [
        {**one, "heatmap": paths.get(slice_file(one["index"]))}
        for one in fields["slices"]
    ]
    return {
        **record,
        **fields,
        "slices": slices,
        "strip": paths.get("strip.png"),
        "evidence_nifti": paths.get(EVIDENCE_FILE),
        "brain_mask_nifti": paths.get(BRAIN_MASK_FILE),
        "scan_nifti": paths.get(BRAIN_FILE),
        **describe_person(scan),
    }


def describe_failed_head(
    scan: Input, failure: Failure, head: Head, paths: Mapping[str, str]
) -> Record:
    """Write down why there is no answer for a whole head.

    Args:
        scan: The input.
        failure: Why.
        head: How far it came.
        paths: Of the files that are kept, by plain name.

    Returns:
        The record, as plain values; with how the head was prepared, if it was.
    """
    record: dict[str, Any] = dict(describe_failure(scan.name, failure))
    if head.is_volume:
        record["kind"] = "volume"
    if head.prepared is not None:
        record["preparation"] = preparation_fields(head.prepared)
        record["strip"] = paths.get("strip.png")
    return {**record, **describe_person(scan)}


def describe_person(scan: Input) -> Mapping[str, str | None]:
    """Write down whom an image of a BIDS data set is of.

    Args:
        scan: Any input.

    Returns:
        Fields of its record; none if the names of its files don't tell.
    """
    if scan.person is None:
        return {}
    return {"participant": scan.person.participant, "session": scan.person.session}
