"""How long one answer takes, against an earlier version, side by side in one run.

Both versions run in the same environment and answer in turn; each works twice in its
turn and the second time counts. Give the earlier one by a commit or a tag.
"""

import argparse
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from latency import measure
from loopback import ALZER, form, post, running
from reporting import quantile_ms, report
from subjects import drawn_slice

ROOT = Path(__file__).resolve().parents[1]


@contextmanager
def checked_out(commit: str) -> Iterator[Path]:
    """Give the source of an earlier version.

    Args:
        commit: Which.

    Yields:
        A folder to import from.
    """
    with TemporaryDirectory() as folder:
        archive = subprocess.run(  # noqa: S603 - git
            ["git", "-C", str(ROOT), "archive", commit, "src"],  # noqa: S607 - as found
            check=True,
            capture_output=True,
        ).stdout
        unpack = ["tar", "-x", "-C", folder]
        subprocess.run(unpack, input=archive, check=True)  # noqa: S603 - tar
        yield Path(folder) / "src"


def run(commit: str, rounds: int) -> dict[str, float]:
    """Measure both.

    Args:
        commit: The earlier version.
        rounds: How often each is asked.

    Returns:
        Medians, and their ratio.
    """
    request = form(drawn_slice())
    with ExitStack() as stack:
        source = stack.enter_context(checked_out(commit))
        before = ("env", f"PYTHONPATH={source}", sys.executable, *ALZER[1:])
        asked = {
            name: stack.enter_context(running(command)).connect()
            for name, command in (("before", before), ("now", ALZER))
        }
        durations = measure(
            {
                "before": lambda: post(asked["before"], request),
                "now": lambda: post(asked["now"], request),
            },
            rounds,
        )
        for each in asked.values():
            each.close()
    medians = {f"{name} ms": quantile_ms(times) for name, times in durations.items()}
    return {
        **medians,
        "now / before (aim: below 1.1)": medians["now ms"] / medians["before ms"],
        "before p99 ms": quantile_ms(durations["before"], 0.99),
        "now p99 ms": quantile_ms(durations["now"], 0.99),
    }


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--before", required=True, metavar="COMMIT")
    parser.add_argument("--rounds", type=int, default=300)
    parser.add_argument("--json", action="store_true")
    chosen = parser.parse_args()
    report("against", run(chosen.before, chosen.rounds), as_json=chosen.json)


if __name__ == "__main__":
    main()
