"""ResNet-50 for grey images, with one linear layer after global pooling.

The linear layer is applied as a 1x1 convolution before the pooling, which is
the same sum in another order. So one forward pass gives the logits and, for
every class, the map whose mean (plus the bias) is the logit.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional

# Bottleneck blocks, their inner width and their first stride, per stage.
# Source: He et al. 2016, doi:10.1109/CVPR.2016.90, Table 1.
STAGES = ((3, 64, 1), (4, 128, 2), (6, 256, 2), (3, 512, 2))
EXPANSION = 4


class Bottleneck(nn.Module):
    """1x1, 3x3 and 1x1 convolutions with a shortcut; stride on the 3x3 (v1.5).

    Source: He et al. 2016, Fig. 5; stride on the 3x3 as in Goyal et al. 2017,
    arXiv:1706.02677, section 5.1.
    """

    def __init__(self, channels: int, width: int, stride: int) -> None:
        super().__init__()
        out = width * EXPANSION
        self.conv1 = nn.Conv2d(channels, width, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, width, 3, stride, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(width)
        self.conv3 = nn.Conv2d(width, out, 1, bias=False)
        self.bn3 = nn.BatchNorm2d(out)
        self.downsample = (
            nn.Sequential(
                nn.Conv2d(channels, out, 1, stride, bias=False), nn.BatchNorm2d(out)
            )
            if stride != 1 or channels != out
            else nn.Identity()
        )

    def forward(self, features: Tensor) -> Tensor:
        """Give the block's output for features (n, channel, row, column)."""
        inner = functional.relu(self.bn1(self.conv1(features)))
        inner = functional.relu(self.bn2(self.conv2(inner)))
        return functional.relu(self.bn3(self.conv3(inner)) + self.downsample(features))


class ResNet50(nn.Module):
    """ResNet-50 v1.5 with evidence maps.

    Args:
        classes: Number of classes.
        channels: Number of input channels.
        dropout: Share of pooled features dropped in training.
        dense: Evaluate the last stage at every position instead of every second
            one, with the same weights: maps of twice the resolution.
    """

    def __init__(
        self,
        classes: int = 4,
        channels: int = 1,
        dropout: float = 0.0,
        *,
        dense: bool = False,
    ) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(channels, 64, 7, 2, 3, bias=False)
        self.bn1 = nn.BatchNorm2d(64)
        width_in = 64
        for index, (blocks, width, stride) in enumerate(STAGES, start=1):
            stage = nn.Sequential(
                Bottleneck(width_in, width, stride),
                *(Bottleneck(width * EXPANSION, width, 1) for _ in range(1, blocks)),
            )
            setattr(self, f"layer{index}", stage)
            width_in = width * EXPANSION
        self.dropout = dropout
        self.fc = nn.Linear(width_in, classes)
        self._initialise()
        if dense:
            _evaluate_densely(getattr(self, f"layer{len(STAGES)}"))

    def _initialise(self) -> None:
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight, mode="fan_out")
        for module in self.modules():
            if isinstance(module, Bottleneck):
                # Each block starts as the identity (Goyal et al. 2017, 5.1).
                nn.init.zeros_(module.bn3.weight)

    def features(self, images: Tensor) -> Tensor:
        """Give the last stage's activations.

        Args:
            images: shape (n, channel, row, column), standardised.

        Returns:
            shape (n, 2048, row / 32, column / 32), rounded up; not negative.
        """
        first = functional.relu(self.bn1(self.conv1(images)))
        hidden = functional.max_pool2d(first, 3, 2, 1)
        for index in range(1, len(STAGES) + 1):
            hidden = getattr(self, f"layer{index}")(hidden)
        return hidden

    def forward(self, images: Tensor) -> Tensor:
        """Give the logits, shape (n, class)."""
        pooled = self.features(images).mean(dim=(2, 3))
        dropped = functional.dropout(pooled, self.dropout, self.training)
        logits: Tensor = self.fc(dropped)
        return logits


def _evaluate_densely(stage: nn.Sequential) -> None:
    """Take every position of a stage that skips every second one.

    The stride goes, and what comes after it looks as far apart as before, so that
    every second row and column of the result is the result of the stage as it was.

    Source: Holschneider et al. 1989, doi:10.1007/978-3-642-97177-8_28 (a trous);
    Chen et al. 2015, arXiv:1412.7062, section 3.1, for networks.
    """
    for index, block in enumerate(stage):
        if not isinstance(block, Bottleneck):
            continue
        if index:
            block.conv2.dilation, block.conv2.padding = (2, 2), (2, 2)
            continue
        block.conv2.stride = (1, 1)
        for each in block.downsample.modules():
            if isinstance(each, nn.Conv2d):
                each.stride = (1, 1)


class OodScore(nn.Module):
    """How unlike the training slices an image is, from the last activations.

    The squared Mahalanobis distance along the principal components of the pooled
    activations, divided by their number: about 1 for what the network was trained on.
    Each component is one more map whose mean is taken, like a class's.

    Source: Mahalanobis 1936; Lee et al. 2018, arXiv:1807.03888, for networks.

    Args:
        weight: From activations to components of mean 0 and deviation 1, shape
            (component, feature).
        offset: Added to the components, shape (component,).
    """

    weight: Tensor
    offset: Tensor

    def __init__(self, weight: Tensor, offset: Tensor) -> None:
        super().__init__()
        self.register_buffer("weight", weight)
        self.register_buffer("offset", offset)

    def forward(self, activations: Tensor) -> Tensor:
        """Give the ood_score, shape (n,), of activations (n, feature, row, column)."""
        # Averaging the activations themselves would make OpenVINO keep all of the
        # last stage in 32 bits.
        components = functional.conv2d(activations, self.weight[:, :, None, None])
        distance: Tensor = (components.mean(dim=(2, 3)) + self.offset).square()
        return distance.mean(dim=1)


class ResNet50WithMaps(nn.Module):
    """The same network giving logits, maps and, if known, ood_score in one pass.

    Source: Zhou et al. 2016, doi:10.1109/CVPR.2016.319, equation 2.
    """

    def __init__(self, network: ResNet50, ood_score: OodScore | None = None) -> None:
        super().__init__()
        self.network = network
        self.ood_score = ood_score

    def forward(self, images: Tensor) -> tuple[Tensor, ...]:
        """Give logits (n, class), maps (n, class, row, column) and ood_score (n,).

        The mean of a class's map plus its bias is its logit.
        """
        linear = self.network.fc
        activations = self.network.features(images)
        maps = functional.conv2d(activations, linear.weight[:, :, None, None])
        logits = maps.mean(dim=(2, 3)) + linear.bias
        if self.ood_score is None:
            return logits, maps
        return logits, maps, self.ood_score(activations)


def count_parameters(network: nn.Module) -> int:
    """Give the number of trainable parameters."""
    return sum(each.numel() for each in network.parameters() if each.requires_grad)


def seeded_network(seed: int, dropout: float = 0.0) -> ResNet50:
    """Give a freshly initialised network that depends on the seed alone."""
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        return ResNet50(dropout=dropout)
