"""Time per stage of one analysis."""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass
class Stopwatch:
    """Milliseconds between laps, by name.

    Attributes:
        timings_ms: What was measured so far.
    """

    timings_ms: dict[str, float] = field(default_factory=dict)
    _last: float = field(default_factory=time.perf_counter)

    def lap(self, stage: str) -> None:
        """Note the time since the last lap as that of a stage."""
        now = time.perf_counter()
        self.timings_ms[stage] = (now - self._last) * 1000.0
        self._last = now

    def add(self, stage: str, milliseconds: float) -> None:
        """Add time that was measured elsewhere to a stage."""
        self.timings_ms[stage] = self.timings_ms.get(stage, 0.0) + milliseconds

    def restart(self) -> None:
        """Let the next lap begin now."""
        self._last = time.perf_counter()

    def total(self) -> Mapping[str, float]:
        """Return all stages, and their sum as `total`."""
        return {**self.timings_ms, "total": sum(self.timings_ms.values())}
