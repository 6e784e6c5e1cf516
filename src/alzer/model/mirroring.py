"""The same answer for a slice and its mirror image, exactly.

The network sees both, and what it makes of them is averaged. Two things make the
result the same to the last bit: the pair enters the network in an order that does
not depend on which of the two was asked about, and addition is commutative.
"""

from typing import Protocol

import numpy as np

from alzer.model.evidence import Evidence, Floats, concatenate


class Network(Protocol):
    """A compiled network; safe to call from many threads."""

    def run(self, pair: Floats) -> Evidence:
        """Return the evidence for two inputs, shape (2, 1, row, column)."""


class OutOfMemory(Exception):
    """The device has no room for so many inputs at once; fewer may fit."""


class MirroredEngine:
    """A network that answers for each input and its mirror image together.

    Inputs run one pair at a time: larger batches gain a sixth on a CPU, but the
    answer could then depend on what else is in the batch.

    Args:
        network: What runs the pairs.
        precision: Its arithmetic.
    """

    def __init__(self, network: Network, precision: str) -> None:
        self.precision = precision
        self._network = network

    def run(self, batch: Floats) -> Evidence:
        """Return the evidence for inputs of shape (n, 1, row, column), n >= 1."""
        return concatenate([self._run_one(image) for image in batch])

    def _run_one(self, image: Floats) -> Evidence:
        pair, own = order_pair(image, image[..., ::-1])
        return average_pair(self._network.run(pair), own)


class BatchedMirroredEngine:
    """The same for a network that runs many pairs as quickly as one, as GPUs do.

    One input runs as a pair. Several run in groups of one fixed size, the last one
    filled up, so that an answer depends on nothing else in the group.

    Args:
        network: What runs the pairs, also many of them.
        precision: Its arithmetic.
        most: Inputs in a group; fewer from the first time that memory runs out.
    """

    def __init__(self, network: Network, precision: str, most: int) -> None:
        self.precision = precision
        self._network = network
        self._most = most

    def run(self, batch: Floats) -> Evidence:
        """Return the evidence for inputs of shape (n, 1, row, column), n >= 1.

        Raises:
            OutOfMemory: If not even one input has room.
        """
        if len(batch) == 1:
            return self._run_group(batch, 1)
        parts, start = [], 0
        while start < len(batch):
            most = self._most
            group = batch[start : start + most]
            try:
                parts.append(self._run_group(group, most))
            except OutOfMemory:
                if most == 1:
                    raise
                self._most = max(most // 2, 1)
                continue
            start += len(group)
        return concatenate(parts)

    def _run_group(self, group: Floats, size: int) -> Evidence:
        pairs = [order_pair(image, image[..., ::-1]) for image in group]
        filled = [*pairs, *[pairs[-1]] * (size - len(pairs))]
        both = self._network.run(np.concatenate([pair for pair, _ in filled]))
        return concatenate(
            [
                average_pair(both.part(2 * place, 2 * place + 2), own)
                for place, (_, own) in enumerate(pairs)
            ]
        )


def order_pair(image: Floats, mirror: Floats) -> tuple[Floats, int]:
    """Stack an input and its mirror image in the one order that they have.

    Args:
        image: shape (1, row, column).
        mirror: The same with its columns reversed.

    Returns:
        Both, shape (2, 1, row, column), and the index of the image. The stack is
        the same if image and mirror change places.
    """
    own = int(image.tobytes() > mirror.tobytes())
    return np.stack((mirror, image) if own else (image, mirror)), own


def average_pair(pair: Evidence, own: int) -> Evidence:
    """Average what the network makes of an input and of its mirror image.

    The input's columns of cells lie symmetrically about its middle, so that the
    reversed map of the mirror image belongs to the same places.

    Args:
        pair: Of both.
        own: Index of the input; the maps are laid out as its own.

    Returns:
        The evidence for one input; infinite values where float32 holds no larger.
    """
    other, half = 1 - own, np.float32(0.5)
    score = None
    with np.errstate(over="ignore", invalid="ignore"):
        maps = pair.maps[own] + pair.maps[other][..., ::-1]
        logits = pair.logits[own] + pair.logits[other]
        if pair.ood_score is not None:
            score = (pair.ood_score[own] + pair.ood_score[other])[None] * half
    return Evidence(logits[None] * half, maps[None] * half, score)
