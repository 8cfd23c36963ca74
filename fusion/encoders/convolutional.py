"""Convolutional image encoders: the grid of the last feature map, one region per cell."""

from __future__ import annotations

import copy
import hashlib
from collections.abc import Callable, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import torch
from PIL import Image
from torch import Tensor, nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

from fusion.encoders.classifier import Classifier
from fusion.encoders.encoder import RegionFeatures
from fusion.encoders.encoder_errors import WeightsMismatch, one_line
from fusion.encoders.encoder_fingerprint import fingerprint_tensors
from fusion.encoders.images import images_to_tensor
from fusion.encoders.quiet_loading import hub_is_offline
from fusion.encoders.resolver import load_tensors, resolve
from fusion.encoders.torchvision_ops import ensure_torchvision
from fusion.runtime.packaged_file import LITE2_FILE

__all__ = ["GridEncoder", "build_top_blocks", "efficientnet_lite2", "resnet50"]

LITE2, RESNET50 = "tf_efficientnet_lite2", "resnet50"


class Normalise(nn.Module):
    """Computes `(pixels - mean) / deviation` per channel, for pixels (B, 3, S, S) float32."""

    mean: Tensor
    deviation: Tensor

    def __init__(self, mean: Sequence[float], deviation: Sequence[float]) -> None:
        super().__init__()
        self.register_buffer("mean", torch.tensor(mean).view(3, 1, 1))
        self.register_buffer("deviation", torch.tensor(deviation).view(3, 1, 1))

    def forward(self, pixels: Tensor) -> Tensor:
        """Normalise B photos."""
        return (pixels - self.mean) / self.deviation


class GridEncoder:
    """A network that turns (B, 3, S, S) into a feature map, whose cells are the regions.

    Args:
        architecture: the name of the network.
        network: the network with its published weights, which the fingerprint covers.
        halves: splits it into a lower part, from pixels to the map that enters the last blocks, and
            those blocks, from there to (B, dim, rows, columns).
        size_px: S, which the fingerprint also covers, because features differ with the size.
        dim: channels of the last map.
        normalise: maps pixels of 0 to 255 to the range that the network was trained on.
        device: the device it runs on.
        classifier: reads a region's features; None if the network came without one.
    """

    def __init__(
        self,
        architecture: str,
        network: nn.Module,
        halves: Callable[[Any], tuple[nn.Sequential, nn.Sequential]],
        size_px: int,
        dim: int,
        normalise: Normalise,
        device: str | torch.device,
        classifier: Classifier | None = None,
    ) -> None:
        self.architecture, self.classifier = architecture, classifier
        weights = fingerprint_tensors(network.state_dict())
        self.fingerprint = hashlib.sha256(f"{weights} {size_px}".encode()).hexdigest()
        network = fold_batch_norms(network.eval().requires_grad_(False)).to(device)
        # With channels_last, torch's convolutions take half the time on a CPU.
        network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.lower, self.top = halves(network)
        # On a CPU, the early maps of more than a few photos do not fit its caches.
        self.batch = 4 if torch.device(device).type == "cpu" else 64
        self.size_px, self.dim, self.device = size_px, dim, device
        self.normalise = normalise.to(device)
        cells = -(-size_px // 32)  # five halvings, rounded up
        self.grid = (cells, cells)

    @torch.no_grad()
    def encode_images(self, images: Sequence[Image.Image]) -> RegionFeatures:
        """Encode B RGB photos of any size to (B, rows * columns, dim)."""
        lower = self.encode_lower(images)
        maps = self.top(lower.permute(0, 3, 1, 2))
        regions = maps.flatten(2).transpose(1, 2).contiguous()
        mask = torch.ones(regions.shape[:2], dtype=torch.bool, device=regions.device)
        return RegionFeatures(regions, mask, regions.mean(1), lower)

    @torch.no_grad()
    def encode_lower(self, images: Sequence[Image.Image]) -> Tensor:
        """Encode B RGB photos of any size to the map that enters the last blocks."""
        starts = range(0, max(len(images), 1), self.batch)
        maps = [self._maps(images[start : start + self.batch]) for start in starts]
        return torch.cat(maps).permute(0, 2, 3, 1)

    def top_blocks(self) -> nn.Sequential:
        """Copy the last blocks, ready to be tuned."""
        return copy.deepcopy(self.top).requires_grad_(True).cpu()

    def _maps(self, images: Sequence[Image.Image]) -> Tensor:
        pixels = images_to_tensor(images, self.size_px).to(self.device)
        pixels = self.normalise(pixels).contiguous(memory_format=torch.channels_last)
        maps: Tensor = self.lower(pixels)
        return maps


def fold_batch_norms(network: nn.Module) -> nn.Module:
    """Fold batch norms into the convolutions before them, in place; for inference only.

    timm's norms contain the activation that follows (`act`), which then replaces the norm; other
    norms become the identity. Features of EfficientNet-Lite2 differ from the unfolded network's by
    at most 5e-5.
    """
    for module in network.modules():
        for (_, convolution), (name, norm) in pairwise(list(module.named_children())):
            if isinstance(convolution, nn.Conv2d) and isinstance(norm, nn.BatchNorm2d):
                fused = fuse_conv_bn_eval(convolution, norm)
                convolution.weight, convolution.bias = fused.weight, fused.bias
                setattr(module, name, getattr(norm, "act", nn.Identity()))
    return network


def lite2_halves(network: Any) -> tuple[nn.Sequential, nn.Sequential]:  # noqa: ANN401
    """Split timm's EfficientNet after the second to last block with a stride: 88 channels, 20 x 20.

    Nine tenths of the weights are above the split.
    """
    stages = network.blocks
    lower = nn.Sequential(network.conv_stem, network.bn1, *stages[:3], stages[3][0])
    top = (*stages[3][1:], *stages[4], *stages[5], *stages[6], network.conv_head, network.bn2)
    return lower, nn.Sequential(*top)


def resnet50_halves(network: Any) -> tuple[nn.Sequential, nn.Sequential]:  # noqa: ANN401
    """Split torchvision's ResNet after the last block with a stride: 2048 channels, 7 x 7."""
    *early, stage = list(network.children())[:-2]
    return nn.Sequential(*early, stage[0]), nn.Sequential(*stage[1:])


def build_top_blocks(architecture: str) -> nn.Sequential:
    """Build the untrained last blocks of a network, named by `ImageEncoder.architecture`.

    Raises:
        ValueError: there is no such network.
    """
    if architecture not in (LITE2, RESNET50):
        raise ValueError(f"{architecture!r}: expected {LITE2} or {RESNET50}")
    network = lite2_network() if architecture == LITE2 else _resnet50_network()
    halves = lite2_halves if architecture == LITE2 else resnet50_halves
    return halves(fold_batch_norms(network.eval()))[1]


def lite2_network() -> nn.Module:
    ensure_torchvision()
    import timm

    network: nn.Module = timm.create_model(LITE2, pretrained=False)
    return network


def _resnet50_network() -> nn.Module:
    ensure_torchvision()
    from torchvision.models import resnet50 as architecture

    network: nn.Module = architecture(weights=None)
    return network


def efficientnet_lite2(weights: Path | None, device: str | torch.device) -> GridEncoder:
    """Load EfficientNet-Lite2 (Tan and Le, 2019): 320 px, a 10 x 10 grid of 1280 channels.

    It was trained at 260 px. Objects appear larger in the random crops of training than in whole
    photos, and a larger input compensates for that (Touvron et al., NeurIPS 2019): for half as much
    time again it finds more photos, and a 10 x 10 grid divides evenly into 5 x 5 regions. Its
    activation is ReLU6 and its input (x - 127) / 128; the usual Swish or ImageNet statistics would
    fail silently.

    Raises:
        WeightsNotFound, WeightsMismatch: see `resolve` and `load_tensors`.
    """

    def from_hub() -> Path:
        from huggingface_hub import hf_hub_download

        repository = "timm/tf_efficientnet_lite2.in1k"
        return Path(
            hf_hub_download(repository, "model.safetensors", local_files_only=hub_is_offline())
        )

    file = resolve("EfficientNet-Lite2", weights, LITE2_FILE, from_hub)
    network = lite2_network()
    _fill(network, _in_timm_names(load_tensors(file), network), file)
    normalise = Normalise([127.0] * 3, [128.0] * 3)
    head = _classifier(network.classifier)
    return GridEncoder(LITE2, network, lite2_halves, 320, 1280, normalise, device, head)


def _classifier(layer: Any) -> Classifier:  # noqa: ANN401 - a network's attribute
    return Classifier(layer.weight.detach().clone(), layer.bias.detach().clone())


def _in_timm_names(tensors: dict[str, Tensor], network: nn.Module) -> dict[str, Tensor]:
    """Rename the package's tensors, which are in the same order under other names."""
    names = list(network.state_dict())
    if set(tensors) == set(names) or len(tensors) != len(names):
        return tensors
    return dict(zip(names, tensors.values(), strict=True))


def _fill(network: nn.Module, tensors: dict[str, Tensor], file: Path) -> None:
    try:
        network.load_state_dict(tensors)
    except RuntimeError as error:
        name = type(network).__name__
        raise WeightsMismatch(f"{file}: not the weights of {name} ({one_line(error)})") from error


def resnet50(weights: Path | None, device: str | torch.device) -> GridEncoder:
    """Load torchvision's ResNet-50 (He et al., 2016): 224 px, a 7 x 7 grid of 2048 channels.

    Raises:
        WeightsNotFound, WeightsMismatch: see `resolve` and `load_tensors`.
    """
    ensure_torchvision()
    from torchvision.models import ResNet50_Weights

    def from_hub() -> Path:
        url = str(ResNet50_Weights.IMAGENET1K_V2.url)
        folder = Path(torch.hub.get_dir()) / "checkpoints"
        folder.mkdir(parents=True, exist_ok=True)
        file = folder / url.rsplit("/", 1)[-1]
        if not file.exists():
            if hub_is_offline():
                raise FileNotFoundError(
                    f"{file.name} is not in {folder}, and HF_HUB_OFFLINE is set"
                )
            # The file's name ends in the first digits of its sha256, which is checked here.
            prefix = file.stem.rsplit("-", 1)[-1]
            torch.hub.download_url_to_file(url, str(file), hash_prefix=prefix, progress=False)
        return file

    file = resolve("ResNet-50", weights, None, from_hub)
    network = _resnet50_network()
    _fill(network, load_tensors(file), file)
    normalise = Normalise([123.675, 116.28, 103.53], [58.395, 57.12, 57.375])
    head = _classifier(network.fc)
    return GridEncoder(RESNET50, network, resnet50_halves, 224, 2048, normalise, device, head)
