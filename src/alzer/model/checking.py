"""A quicker arithmetic whose answers are those of fp32.

What is close to changing the answer is run again in fp32: the class, the classes
that stay possible, whether the input is in distribution, whether there is a heatmap.
"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from alzer.model.decision import Decision, Tolerance
from alzer.model.evidence import Evidence, Floats
from alzer.model.mirroring import MirroredEngine


class CheckedEngine:
    """A quick engine, with an exact one for what it can't decide.

    Args:
        quick: Answers first.
        start_exact: Makes the engine for the rest. It runs in the background: most
            answers don't need it.
        decision: What is made of an answer.
        tolerance: How far the quick engine's numbers may be from the exact ones.
    """

    def __init__(
        self,
        quick: MirroredEngine,
        start_exact: Callable[[], MirroredEngine],
        decision: Decision,
        tolerance: Tolerance,
    ) -> None:
        self.precision = f"{quick.precision}-checked"
        self._quick = quick
        self._decision = decision
        self.tolerance = tolerance
        starter = ThreadPoolExecutor(1, "fp32-engine")
        self._exact = starter.submit(start_exact)
        starter.shutdown(wait=False)

    def run(self, batch: Floats) -> Evidence:
        """Return the evidence for inputs of shape (n, 1, row, column), n >= 1."""
        evidence = self._quick.run(batch)
        close = np.flatnonzero(~self._decision.is_settled(evidence, self.tolerance))
        if len(close):
            exact = self.run_exactly(batch[close])
            evidence.logits[close] = exact.logits
            evidence.maps[close] = exact.maps
            if evidence.ood_score is not None:
                evidence.ood_score[close] = exact.ood_score
        return evidence

    def run_exactly(self, batch: Floats) -> Evidence:
        """Return the evidence in the exact arithmetic, for all inputs of a batch."""
        return self._exact.result().run(batch)
