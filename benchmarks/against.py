"""How long one answer takes, against an earlier version, side by side in one run.

Both versions run in the same environment and answer in turn, TURN requests in a row.
The first of a row comes after a pause; a client that goes on asking sees the others.
Give the earlier version by a commit or a tag.
"""

import argparse
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from loopback import ALZER, Connection, form, post, running
from reporting import quantile_ms, report
from subjects import drawn_slice

ROOT = Path(__file__).resolve().parents[1]

# Requests in a row, unmeasured ones before them, and the pause between.
TURN = 10
WARM = 3
PAUSE_S = 0.1


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


def take_turn(connection: Connection, request: bytes) -> list[float]:
    """Ask in a row.

    Args:
        connection: To one of the versions.
        request: For a prediction.

    Returns:
        How long each answer took in seconds, the first after a pause.
    """
    for _ in range(WARM):  # else it would pay for what the other one did
        post(connection, request)
    time.sleep(PAUSE_S)
    durations = []
    for _ in range(TURN):
        started = time.perf_counter()
        post(connection, request)
        durations.append(time.perf_counter() - started)
    return durations


def run(commit: str, turns: int) -> dict[str, float]:
    """Measure both.

    Args:
        commit: The earlier version.
        turns: Of each.

    Returns:
        Medians, and their ratios.
    """
    request = form(drawn_slice())
    with ExitStack() as stack:
        source = stack.enter_context(checked_out(commit))
        before = ("env", f"PYTHONPATH={source}", sys.executable, *ALZER[1:])
        asked = {
            name: stack.enter_context(running(command)).connect()
            for name, command in (("before", before), ("now", ALZER))
        }
        durations: dict[str, list[list[float]]] = {name: [] for name in asked}
        for _ in range(turns):
            for name, connection in asked.items():
                durations[name].append(take_turn(connection, request))
        for each in asked.values():
            each.close()
    alone = {name: [each[0] for each in rows] for name, rows in durations.items()}
    in_a_row = {
        name: [one for each in rows for one in each[1:]]
        for name, rows in durations.items()
    }
    return {
        **_compared("in a row", in_a_row),
        **_compared("after a pause", alone),
        "before p99 ms": quantile_ms(in_a_row["before"], 0.99),
        "now p99 ms": quantile_ms(in_a_row["now"], 0.99),
    }


def _compared(how: str, durations: dict[str, list[float]]) -> dict[str, float]:
    medians = {name: quantile_ms(each) for name, each in durations.items()}
    return {
        **{f"{name} {how} ms": each for name, each in medians.items()},
        f"now / before {how} (aim: below 1.1)": medians["now"] / medians["before"],
    }


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--before", required=True, metavar="COMMIT")
    parser.add_argument("--turns", type=int, default=100)
    parser.add_argument("--json", action="store_true")
    chosen = parser.parse_args()
    report("against", run(chosen.before, chosen.turns), as_json=chosen.json)


if __name__ == "__main__":
    main()
