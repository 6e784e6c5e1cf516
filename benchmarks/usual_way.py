"""The usual way, to compare with: plain torch and OpenCV, hooks and a backward pass.

The same architecture and input size as alzer, with random weights (they do not
change the time). One forward pass predicts; a second one, with gradients kept,
and a backward pass make the Grad-CAM; OpenCV resizes, colours, blends, encodes.

    python benchmarks/usual_way.py FILE          one answer, then the end
    python benchmarks/usual_way.py --port 9000   behind alzer's own FastAPI app
"""

import argparse
import sys
import threading
from pathlib import Path

import cv2
import numpy as np
import torch
import uvicorn
from numpy.typing import NDArray
from torch import Tensor, nn

from alzer.analysis import Analysis
from alzer.backends.backend import ModelFacts
from alzer.backends.local import Steps, local_backend
from alzer.classes import CLASS_NAMES
from alzer.model.engine import ModelIdentity
from alzer.model.preparation import InputSpec
from alzer.scans.formats import read_slice
from alzer.scans.slice import Slice
from alzer.settings import Settings
from alzer.store.store import open_store
from alzer.training.network import seeded_network
from alzer.web.app import create_app, server_config
from alzer.wiring import ServiceParts

IDENTITY = ModelIdentity("usual-way", "0", "0" * 64, "torch", "fp32")


class UsualWay:
    """A ResNet-50 with hooks on its last stage.

    Hooks and gradients are state of the network: one call at a time.

    Args:
        spec: Size and standardisation of the input.
    """

    def __init__(self, spec: InputSpec) -> None:
        self._spec = spec
        self._network = seeded_network(1).eval()
        self._lock = threading.Lock()
        self._activations = self._gradients = torch.empty(0)
        last = self._network.get_submodule("layer4")
        last.register_forward_hook(self._keep_activations)
        last.register_full_backward_hook(self._keep_gradients)

    def _keep_activations(self, _: nn.Module, __: object, outputs: Tensor) -> None:
        self._activations = outputs.detach()

    def _keep_gradients(
        self, _: nn.Module, __: object, gradients: tuple[Tensor, ...] | Tensor
    ) -> None:
        self._gradients = gradients[0].detach()

    def answer(self, content: bytes) -> tuple[list[float], bytes]:
        """Predict and explain.

        Args:
            content: A picture file.

        Returns:
            The class probabilities, and the overlay as a PNG.

        Raises:
            ValueError: If OpenCV can't read the picture.
        """
        grey = cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_GRAYSCALE)
        if grey is None:
            message = "OpenCV can't read this picture."
            raise ValueError(message)
        size = (self._spec.width, self._spec.height)
        scaled = cv2.resize(grey, size).astype(np.float32) / 255.0
        standardised = (scaled - self._spec.mean) / self._spec.deviation
        images = torch.from_numpy(standardised)[None, None]
        with self._lock:
            with torch.no_grad():
                probabilities = self._network(images).softmax(dim=1)[0]
            heat = self._grad_cam(images, int(probabilities.argmax()))
        large = cv2.resize(heat, (grey.shape[1], grey.shape[0]))
        colours = cv2.applyColorMap((255 * large).astype(np.uint8), cv2.COLORMAP_JET)
        original = cv2.cvtColor(grey, cv2.COLOR_GRAY2BGR)
        overlay = cv2.addWeighted(original, 0.6, colours, 0.4, 0)
        return probabilities.tolist(), cv2.imencode(".png", overlay)[1].tobytes()

    def _grad_cam(self, images: Tensor, label: int) -> NDArray[np.float32]:
        # Source: Selvaraju et al. 2017, doi:10.1109/ICCV.2017.74, equations 1 and 2.
        self._network.zero_grad()
        self._network(images)[0, label].backward()
        weights = self._gradients.mean(dim=(2, 3), keepdim=True)
        heat = (weights * self._activations).sum(dim=1)[0].relu()
        return np.asarray(heat / heat.max().clamp_min(1e-12))

    def analyse(self, content: bytes | Slice) -> Analysis:
        """Return the answer in the form that alzer's service takes.

        Raises:
            TypeError: It is given anything but a file; nothing else reads for it.
        """
        if isinstance(content, Slice):
            raise TypeError(content)
        probabilities, overlay = self.answer(content)
        grey = np.zeros((1, 1), np.float32)
        return Analysis(
            probabilities=tuple(probabilities),
            slices=(),
            leading=0,
            heat=grey,
            overlay_png=overlay,
            no_heatmap_reason=None,
            warnings=(),
            model=IDENTITY,
            reliable=None,
            unreliable_reason=None,
            possible_classes=None,
            calibrated=False,
            timings_ms={},
        )


def main() -> None:
    """Answer once, or serve."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("file", nargs="?", type=Path)
    parser.add_argument("--port", type=int)
    chosen = parser.parse_args()
    way = UsualWay(InputSpec())
    if chosen.file:
        probabilities, overlay = way.answer(chosen.file.read_bytes())
        best = int(np.argmax(probabilities))
        sys.stdout.write(f"{CLASS_NAMES[best]} {len(overlay)} bytes\n")
        return
    settings = Settings.model_validate({"port": chosen.port})
    backend = local_backend(
        Steps(way.analyse, read_slice), settings.max_waiting, ModelFacts(IDENTITY)
    )
    app = create_app(ServiceParts(settings, backend, open_store(settings)))
    uvicorn.Server(server_config(app, settings)).run()


if __name__ == "__main__":
    main()
