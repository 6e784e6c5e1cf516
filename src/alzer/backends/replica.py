"""What a replica of a service computes with, whatever runs the replicas."""

from collections.abc import Callable
from dataclasses import dataclass

from alzer.backends.backend import ModelFacts
from alzer.backends.local import Steps
from alzer.model.engine import Model
from alzer.settings import Limits


@dataclass(frozen=True)
class ReplicaParts:
    """What computes with a bundle.

    Attributes:
        model: The bundle, loaded and tried once.
        steps: What is done with a scan, within limits of its size.
        facts: What is told of the model.
    """

    model: Model
    steps: Callable[[Limits], Steps]
    facts: ModelFacts
