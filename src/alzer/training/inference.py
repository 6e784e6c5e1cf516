"""Passing prepared images through a network, some at a time."""

from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from alzer.classes import CLASSES


def predict(
    network: nn.Module, images: NDArray[np.float16], batch_size: int = 64
) -> NDArray[np.float64]:
    """Give class probabilities of prepared images.

    Args:
        network: Gives logits (n, class).
        images: shape (slice, row, column), prepared.
        batch_size: Images per pass.

    Returns:
        shape (slice, class); rows sum to 1.
    """
    parts = forward_batches(
        network,
        images,
        lambda batch: network(batch).double().softmax(dim=1),
        batch_size,
    )
    return np.concatenate([np.empty((0, len(CLASSES))), *parts])


def forward_batches(
    network: nn.Module,
    images: NDArray[np.float16],
    forward: Callable[[Tensor], Tensor],
    batch_size: int = 64,
) -> list[NDArray[Any]]:
    """Pass prepared images through a network, some at a time, without gradients.

    Args:
        network: Put into evaluation mode; says on which device to compute.
        images: shape (slice, row, column), prepared.
        forward: From a batch (n, 1, row, column) to a tensor with n rows.
        batch_size: Images per pass.

    Returns:
        One array per batch.
    """
    network.eval()
    device = next(network.parameters()).device
    parts = []
    with torch.inference_mode(), mixed_precision(device):
        for start in range(0, len(images), batch_size):
            batch = _as_batch(images[start : start + batch_size], device)
            result = forward(batch)
            # NumPy knows no bfloat16.
            result = result.float() if result.dtype == torch.bfloat16 else result
            parts.append(result.cpu().numpy())
    return parts


def _as_batch(images: NDArray[np.float16], device: torch.device) -> Tensor:
    batch = torch.from_numpy(images).float()[:, None]
    return batch.to(device).contiguous(memory_format=torch.channels_last)


def mixed_precision(device: torch.device) -> torch.autocast:
    """Compute in bfloat16 what bears it, where the device can.

    A processor without it would have every step imitated, which takes many times as
    long as float32.
    """
    enabled = _computes_bfloat16(device.type)
    return torch.autocast(device.type, torch.bfloat16, enabled=enabled)


@cache
def _computes_bfloat16(kind: str) -> bool:
    if kind == "cuda":
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    if kind == "cpu":
        # Named after the instructions: avx512_bf16, amx_bf16.
        able = torch.cpu.get_capabilities().items()
        return any(name.endswith("bf16") and has for name, has in able)
    return True
