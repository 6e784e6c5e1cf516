"""Which files the plausibility rules refuse: brain slices, and everything else.

Targets: at most 0.5 % of the OASIS-1 slices; at least 90 % of natural images
and x-rays.
"""

import argparse
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from reporting import report
from subjects import data_folder

from alzer.errors import UnusableScan
from alzer.scans.formats import read_slice
from alzer.scans.orientation import to_standard_view
from alzer.scans.plausibility import examine


def outcome(path: Path) -> str:
    """Give the code of the refusal; empty if the file is taken."""
    try:
        examine(to_standard_view(read_slice(path.read_bytes())))
    except UnusableScan as error:
        return error.code
    return ""


def tally(name: str, paths: Iterable[Path]) -> dict[str, float | int | str]:
    """Count outcomes.

    Args:
        name: For the figures.
        paths: The files.

    Returns:
        How many there are, the share refused, and why.
    """
    counts = Counter(outcome(each) for each in paths)
    total = counts.total()
    reasons = {code: count for code, count in counts.most_common() if code}
    return {
        f"{name}: files": total,
        f"{name}: refused": 1.0 - counts[""] / total,
        f"{name}: reasons": ", ".join(
            f"{count} {code}" for code, count in reasons.items()
        ),
    }


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--every", type=int, default=1, help="take every n-th slice")
    parser.add_argument("--json", action="store_true")
    chosen = parser.parse_args()
    data = data_folder()
    slices = sorted((data / "oasis1-axial").rglob("*.jpg"))[:: chosen.every]
    figures = tally("oasis1-axial (aim <= 0.005)", slices)
    outside = data / "ood"
    strange = [*(outside / "natural").iterdir(), *(outside / "xray").iterdir()]
    figures |= tally("natural and x-ray (aim >= 0.9)", strange)
    figures |= tally("tumour MRI and CT", (outside / "tumour-mri").iterdir())
    report("plausibility", figures, as_json=chosen.json)


if __name__ == "__main__":
    main()
