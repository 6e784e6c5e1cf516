"""What every epoch of a run came to, as a table."""

import csv
import io
from dataclasses import dataclass
from pathlib import Path

from alzer.training.files import write_whole


@dataclass(frozen=True)
class Epoch:
    """What one epoch came to.

    Attributes:
        number: From 1.
        loss: Mean training loss.
        validation_auc: Impaired against not, per person, on a few slices of each;
            NaN when nobody is held out.
        seconds: Duration, validation included.
    """

    number: int
    loss: float
    validation_auc: float
    seconds: float


def write_log(path: Path, history: list[Epoch]) -> None:
    """Write one line per epoch: epoch, loss, validation AUC, seconds."""
    lines = io.StringIO()
    writer = csv.writer(lines)
    writer.writerow(["epoch", "loss", "validation_auc", "seconds"])
    writer.writerows(
        [
            each.number,
            f"{each.loss:.5f}",
            f"{each.validation_auc:.4f}",
            f"{each.seconds:.1f}",
        ]
        for each in history
    )
    write_whole(path, lines.getvalue().encode())


def read_log(path: Path) -> list[Epoch]:
    """Read what `write_log` wrote."""
    with path.open(newline="", encoding="utf-8") as lines:
        return [
            Epoch(
                int(row["epoch"]),
                float(row["loss"]),
                float(row["validation_auc"]),
                float(row["seconds"]),
            )
            for row in csv.DictReader(lines)
        ]
