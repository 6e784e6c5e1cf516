"""Whether a folder is a valid BIDS data set, by the validator of BIDS itself."""

import json
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

from alzer.cli.exits import complain
from alzer.cli.records_file import not_writable
from alzer.errors import InvalidDataSet, InvalidRequest, StorageUnavailable

# In the work folder.
REPORT: Final = "bids-validation.json"

_PACKAGE: Final = "bids_validator_deno"
_PROGRAM: Final = f"import sys; from {_PACKAGE} import cli; sys.exit(cli())"

# More would hide the first ones, which often cause the others.
_MOST_TOLD: Final = 10

_NO_VALIDATOR: Final = (
    "The check of the data set needs bids-validator-deno: install alzer's extra 'bids' "
    "(pip install -c constraints.txt -e '.[bids]'), or leave the check out with "
    "--skip-bids-validation."
)


@dataclass(frozen=True)
class Finding:
    """What keeps a folder from being a valid data set.

    Attributes:
        code: By which the validator's documentation explains it.
        detail: Which field or the like; or empty.
        location: In the data set.
    """

    code: str
    detail: str
    location: str

    @property
    def words(self) -> str:
        """The finding in one line."""
        detail = f" ({self.detail})" if self.detail else ""
        return f"{self.code}{detail}: {self.location or '/'}"


def require_valid(
    data_set: Path, participants: frozenset[str], work: Path | None = None
) -> None:
    """Refuse a data set that is not valid, and say what is wrong with it.

    Args:
        data_set: The folder.
        participants: Labels of those who are wanted: what is wrong in the folders of
            others does not count. None: everybody is wanted.
        work: Folder that all that the validator found is written to, if any.

    Raises:
        InvalidDataSet: It is not valid.
        InvalidRequest: The validator is not installed, or does not run.
        StorageUnavailable: The work folder can't be written to.
    """
    report = _report_of(data_set)
    if work is not None:
        _keep(report, work)
    found = [each for each in _errors_in(report) if _counts(each, participants)]
    if not found:
        return
    for each in found[:_MOST_TOLD]:
        complain(each.words)
    kinds = Counter(each.code for each in found)
    told = ", ".join(f"{count} x {code}" for code, count in kinds.most_common())
    message = (
        f"The folder is no valid BIDS data set ({told}). Mend what is listed, or leave "
        "the check out with --skip-bids-validation."
    )
    raise InvalidDataSet(message)


def find_errors(data_set: Path) -> Sequence[Finding]:
    """Ask the validator what is wrong with a data set.

    It comes with the rules of BIDS and needs no network. Warnings are left out.

    Args:
        data_set: The folder.

    Returns:
        What is wrong; empty for a valid data set.

    Raises:
        InvalidRequest: The validator is not installed, or does not run.
    """
    return list(_errors_in(_report_of(data_set)))


def _report_of(data_set: Path) -> Mapping[str, Any]:
    """Run the validator.

    Raises:
        InvalidRequest: It is not installed, or did not come to an end.
    """
    if find_spec(_PACKAGE) is None:
        raise InvalidRequest(_NO_VALIDATOR)
    command = [sys.executable, "-c", _PROGRAM, str(data_set.resolve())]
    options = ["--format", "json", "--ignoreWarnings"]
    done = subprocess.run(  # noqa: S603 - the validator, on the caller's folder
        [*command, *options], capture_output=True, check=False
    )
    try:
        report: Mapping[str, Any] = json.loads(done.stdout)
    except ValueError as error:
        message = (
            "The check of the data set came to no end. See whether the folder can be "
            "read, or leave the check out with --skip-bids-validation."
        )
        raise InvalidRequest(message) from error
    return report


def _keep(report: Mapping[str, Any], work: Path) -> None:
    """Write a report to the work folder.

    Raises:
        StorageUnavailable: It can't be written.
    """
    try:
        work.mkdir(parents=True, exist_ok=True)
        text = json.dumps(report, indent=2) + "\n"
        (work / REPORT).write_text(text, encoding="utf-8")
    except OSError as error:
        raise StorageUnavailable(not_writable(error)) from error


def _errors_in(report: Mapping[str, Any]) -> Iterator[Finding]:
    for issue in report["issues"]["issues"]:
        if issue.get("severity") == "error":
            yield Finding(
                str(issue["code"]),
                str(issue.get("subCode") or ""),
                str(issue.get("location") or ""),
            )


def _counts(finding: Finding, participants: frozenset[str]) -> bool:
    first = finding.location.removeprefix("/").partition("/")[0]
    is_of_person = first.startswith("sub-")
    return not (
        participants and is_of_person and first.removeprefix("sub-") not in participants
    )
