"""A short soak: the long one is benchmarks/soak.py without arguments."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def test_under_steady_load_nothing_fails_and_nothing_grows() -> None:
    command = [sys.executable, str(ROOT / "benchmarks" / "soak.py"), "--minutes", "0.5"]
    result = subprocess.run(  # noqa: S603 - our own
        command, capture_output=True, text=True, check=False
    )

    assert result.returncode == 0, result.stdout + result.stderr
    assert "0 failures" in result.stdout.splitlines()[-1]
