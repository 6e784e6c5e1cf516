"""How long one answer takes, against the usual way, side by side in one run.

Medians of (a) the usual way in plain torch and OpenCV, (b) the bare engine,
(c) `analyse` from file bytes to PNG bytes, (d) POST /predict over loopback.
Aims: a / d at least 8, d / b at most 1.25.
"""

import argparse
import json
import time
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from loopback import ALZER, form, post, running
from reporting import quantile_ms, report
from subjects import chosen_bundle, draw_slice
from usual_way import UsualWay

from alzer.analysis import analyse
from alzer.engine_choice import choose_engine
from alzer.model.engine import load_model
from alzer.model.preparation import prepare
from alzer.scans.formats import read_slice
from alzer.scans.orientation import to_standard_view
from alzer.scans.plausibility import examine
from alzer.settings import Settings

# Lets the other contenders' threads fall asleep before the next one is timed.
PAUSE_S = 0.03


def measure(
    contenders: dict[str, Callable[[], object]], rounds: int
) -> dict[str, list[float]]:
    """Time each contender once per round, in turn.

    Each works twice in its turn and the second time counts: otherwise the first
    to use the caches after another contender would pay for emptying them.

    Args:
        contenders: By name.
        rounds: How often; three more come first, unmeasured.

    Returns:
        Durations in seconds.
    """
    durations: dict[str, list[float]] = {name: [] for name in contenders}
    for index in range(-3, rounds):
        for name, work in contenders.items():
            time.sleep(PAUSE_S)
            work()
            started = time.perf_counter()
            work()
            if index >= 0:
                durations[name].append(time.perf_counter() - started)
    return durations


def stages(answers: list[bytes]) -> dict[str, float]:
    """Return the medians of the service's own stages in milliseconds."""
    timings = [json.loads(each)["timings_ms"] for each in answers]
    return {
        f"stage {name} ms": float(np.median([each[name] for each in timings]))
        for name in timings[0]
    }


def run(content: bytes, rounds: int) -> dict[str, float]:
    """Measure all four.

    Args:
        content: The file.
        rounds: How often.

    Returns:
        Medians, ratios and stages.
    """
    settings, bundle = Settings.model_validate({}), chosen_bundle()
    chosen = choose_engine(settings, measure=True).runtime
    model = load_model(bundle, chosen.engine, chosen.precision, settings.threads)
    view = to_standard_view(read_slice(content))
    batch = prepare(view, examine(view).box, model.spec).pixels[None]
    usual, body = UsualWay(model.spec), form(content)
    answers: list[bytes] = []
    with running(ALZER) as service:
        connection = service.connect()

        def ask() -> None:
            try:
                answers.append(post(connection, body))
            except OSError:
                # On a busy machine a round can outlast the kept connection.
                connection.close()
                answers.append(post(connection, body))

        durations = measure(
            {
                "a": lambda: usual.answer(content),
                "b": lambda: model.run(batch),
                "c": lambda: analyse(content, model),
                "d": ask,
            },
            rounds,
        )
        connection.close()
    a, b, c, d = (quantile_ms(durations[name]) for name in "abcd")
    return {
        "a usual way ms": a,
        "b bare engine ms": b,
        "c analyse ms": c,
        "d POST /predict ms": d,
        "a / d (aim >= 8)": a / d,
        "d / b (aim <= 1.25)": d / b,
        "c - b ms": c - b,
        "d - c ms": d - c,
        "d p99 ms": quantile_ms(durations["d"], 0.99),
        **stages(answers),
    }


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--image", type=Path, help="by default a drawn 176 x 208 JPEG")
    parser.add_argument("--rounds", type=int, default=100)
    parser.add_argument("--json", action="store_true")
    chosen = parser.parse_args()
    with TemporaryDirectory() as folder:
        drawn = draw_slice(Path(folder) / "slice.jpg")
    content = chosen.image.read_bytes() if chosen.image else drawn
    report("latency", run(content, chosen.rounds), as_json=chosen.json)


if __name__ == "__main__":
    main()
