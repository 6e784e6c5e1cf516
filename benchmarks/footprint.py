"""Cold start, resident memory and installed size, against the usual way.

Cold start is from the start of the process to the first answer; aim for the
size of the environment that `make serve` builds: under 400 MB.
"""

import argparse
import os
import subprocess
import sys
import time
import venv
from pathlib import Path
from subprocess import DEVNULL
from tempfile import TemporaryDirectory

from loopback import ALZER, USUAL, Service, form, post, running
from reporting import report
from subjects import ROOT, draw_slice


def serve_cold(content: bytes) -> dict[str, float]:
    """Measure a service from nothing to its first answer, and its memory.

    The first start in a data folder also measures which engine is fastest.
    """
    body = form(content)
    with TemporaryDirectory() as kept:
        with running(ALZER, Path(kept)) as service:
            first_start_s = _first_answer_s(service, body)
        with running(ALZER, Path(kept)) as service:
            first_s = _first_answer_s(service, body)
            first_mb = service.resident_mb()
            connection = service.connect()
            for _ in range(100):
                post(connection, body)
            connection.close()
            return {
                "serve: first answer of the first start s": first_start_s,
                "serve: first answer s": first_s,
                "serve: resident after 1 answer MB": first_mb,
                "serve: resident after 101 answers MB": service.resident_mb(),
            }


def _first_answer_s(service: Service, body: bytes) -> float:
    connection = service.connect()
    post(connection, body)
    connection.close()
    return time.perf_counter() - service.started


def run_cold(name: str, command: list[str]) -> dict[str, float]:
    """Measure a program that answers once.

    Args:
        name: For the figures.
        command: The program.

    Returns:
        Its duration and peak memory.

    Raises:
        SystemExit: If it fails.
    """
    started = time.perf_counter()
    process = subprocess.Popen(command, stdout=DEVNULL, stderr=DEVNULL)  # noqa: S603 - our own
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - started
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        message = f"{name} failed: {command!r}"
        raise SystemExit(message)
    return {
        f"{name}: first answer s": seconds,
        f"{name}: peak MB": usage.ru_maxrss / 1000.0,
    }


def installed_mb(path: Path) -> float:
    """Install what serving needs as `make serve` does, and use it once.

    Args:
        path: A slice.

    Returns:
        The size of the environment in MB; alzer itself stays where it is.
    """
    with TemporaryDirectory() as folder:
        venv.create(folder, with_pip=True)
        python = f"{folder}/bin/python"
        pip = [python, "-m", "pip", "install", "--quiet", "--no-compile"]
        constraints = str(ROOT / "constraints.txt")
        subprocess.run([*pip, "-c", constraints, "-e", str(ROOT)], check=True)  # noqa: S603 - our own
        # The first answer compiles what serving uses.
        command = [python, "-m", "alzer.cli", "predict", str(path)]
        subprocess.run(command, check=True, capture_output=True)  # noqa: S603 - our own
        return on_disk_mb(Path(folder))


def on_disk_mb(folder: Path) -> float:
    """Give the room that a folder takes, in MB."""
    files = (each for each in folder.rglob("*") if not each.is_symlink())
    return sum(each.stat().st_blocks * 512 for each in files) / 1e6


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--skip-install", action="store_true")
    parser.add_argument("--json", action="store_true")
    chosen = parser.parse_args()
    with TemporaryDirectory() as folder:
        path = Path(folder) / "slice.jpg"
        content = draw_slice(path)
        predict = [sys.executable, "-m", "alzer.cli", "predict", str(path)]
        figures = run_cold("predict", predict)
        figures |= run_cold("usual way", [*USUAL, str(path)])
        figures |= serve_cold(content)
        if not chosen.skip_install:
            figures["serving environment MB (aim < 400)"] = installed_mb(path)
        figures["alzer with its model MB"] = on_disk_mb(ROOT / "src" / "alzer")
    report("footprint", figures, as_json=chosen.json)


if __name__ == "__main__":
    main()
