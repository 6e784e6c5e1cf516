"""How many cores a day's scans need: a queue before a cluster, on paper.

    python benchmarks/sizing.py --price 0.04 --cores-per-node 16

The measured service times are in `sizing.json`, which `scale.py --write` makes. The
day is simulated second by second: scans arrive at random, more of them in the working
hours, each with one of the measured times, and all cores take from one queue. A scan
waits as long as the work before it takes all cores. That is exact for many short
pieces of work, and leaves out the seconds at the end in which not all cores are busy.
"""

import argparse
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

INPUTS: Final = Path(__file__).with_name("sizing.json")

Floats = NDArray[np.float64]

# Shares of a day's scans by hour, from midnight on: an assumption, that of a day clinic
# which sends what it has measured. Half of it comes within five hours.
HOURS: Final = np.array(
    [1, 1, 1, 1, 1, 1, 2, 4, 8, 10, 10, 9, 7, 8, 9, 8, 6, 4, 3, 2, 1, 1, 1, 1], float
)
_HOUR_S: Final = 3600
_DAY_S: Final = 24 * _HOUR_S


@dataclass(frozen=True)
class Kind:
    """One kind of scan.

    Attributes:
        name: What it is called.
        seconds: Measured times on one core, with all that Ray adds.
        longest_wait_s: What 99 of 100 scans may wait at the most.
    """

    name: str
    seconds: Floats
    longest_wait_s: float


@dataclass(frozen=True)
class Sizing:
    """What a number of scans a day needs.

    Attributes:
        cores: The fewest with which 99 of 100 scans wait no longer than allowed.
        wait_s: What 99 of 100 wait then.
        busiest: Share of the cores that is busy in the busiest hour.
        saturated_at: Scans a day of which the busiest hour takes all cores.
    """

    cores: int
    wait_s: float
    busiest: float
    saturated_at: int


def read_kinds(path: Path = INPUTS) -> list[Kind]:
    """Read the measured times."""
    facts = json.loads(path.read_text("utf-8"))
    overhead = facts["overhead_ms"] / 1000.0
    return [
        Kind("slices", np.array(facts["slice_s"]) + overhead, 5.0),
        Kind("whole heads", np.array(facts["head_s"]) + overhead, 600.0),
    ]


def day(kind: Kind, scans: int, seed: int = 0) -> tuple[Floats, NDArray[np.int64]]:
    """Draw a day.

    Args:
        kind: Of the scans.
        scans: How many come, on average.
        seed: Of the draw.

    Returns:
        Seconds of work, and scans, that arrive in each second, shape (second,) both.
    """
    random = np.random.default_rng(seed)
    pace = np.repeat(scans * HOURS / HOURS.sum() / _HOUR_S, _HOUR_S)
    arrivals = random.poisson(pace)
    times = random.choice(kind.seconds, int(arrivals.sum()))
    ends = np.cumsum(arrivals)
    sums = np.concatenate([[0.0], np.cumsum(times)])
    return np.diff(sums[np.concatenate([[0], ends])]), arrivals


def waits(work: Floats, cores: int) -> Floats:
    """Return what a scan of each second waits.

    Args:
        work: Seconds of work that arrive in each second, shape (second,).
        cores: How many work on it.

    Returns:
        Seconds, shape (second,).
    """
    # Lindley's recursion: what is left is what came, less what was done, never less
    # than nothing.
    surplus = np.cumsum(work - cores)
    left = surplus - np.minimum(np.minimum.accumulate(surplus), 0.0)
    return np.concatenate([[0.0], left[:-1]]) / cores


def size(kind: Kind, scans: int) -> Sizing:
    """Find how many cores a number of scans a day needs.

    Args:
        kind: Of the scans.
        scans: How many come in a day.

    Returns:
        The fewest cores, and how it is with them.
    """
    work, arrivals = day(kind, scans)
    # All of a day's work has to fit into the day.
    least = max(1, int(np.ceil(work.sum() / _DAY_S)))
    most = int(np.ceil(work.max())) + 1
    while least < most:
        middle = (least + most) // 2
        if _wait(work, arrivals, middle) <= kind.longest_wait_s:
            most = middle
        else:
            least = middle + 1
    hour = float(HOURS.max() / HOURS.sum())
    mean = float(kind.seconds.mean())
    return Sizing(
        least,
        _wait(work, arrivals, least),
        scans * hour * mean / (_HOUR_S * least),
        int(_HOUR_S * least / (hour * mean)),
    )


def _wait(work: Floats, arrivals: NDArray[np.int64], cores: int) -> float:
    """Return what 99 of 100 scans wait at the most, in seconds."""
    return float(np.quantile(np.repeat(waits(work, cores), arrivals), 0.99))


def table(price: float = 0.04, cores_per_node: int = 16) -> str:
    """Return the sizes for 100,000 and 1,000,000 scans a day, as Markdown.

    Args:
        price: Of an hour of one core.
        cores_per_node: Of a node.
    """
    heads = (
        "scans a day",
        "cores",
        "nodes",
        "load in the busiest hour",
        "99 of 100 wait at most",
        "cost per 1,000 scans",
        "saturated at, a day",
    )
    lines = [f"| {' | '.join(heads)} |", "|---" * len(heads) + "|"]
    for kind in read_kinds():
        for scans in (100_000, 1_000_000):
            found = size(kind, scans)
            nodes = -(-found.cores // cores_per_node)
            cost = nodes * cores_per_node * 24 * price / (scans / 1000)
            lines.append(
                f"| {scans:,} {kind.name} | {found.cores:,} | {nodes:,} | "
                f"{found.busiest:.0%} | {found.wait_s:.1f} s | {cost:.2f} | "
                f"{_rounded(found.saturated_at):,} |"
            )
    return "\n".join(lines)


def _rounded(number: int) -> int:
    """Return a number to two digits: it is on paper."""
    return int(float(f"{number:.2g}"))


def main() -> None:
    """Print the sizes."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--price", type=float, default=0.04, help="an hour of a core")
    parser.add_argument("--cores-per-node", type=int, default=16)
    chosen = parser.parse_args()
    print(table(chosen.price, chosen.cores_per_node))


if __name__ == "__main__":
    main()
