"""Deep3DFaceRecon's regressor: a 224 px picture of a face to the 257 coefficients of the Basel Face Model.

Source: Y. Deng et al., "Accurate 3D Face Reconstruction with Weakly-Supervised Learning", CVPRW 2019; layout and names
of sicxu/Deep3DFaceRecon_pytorch ``models/networks.py``: a ResNet-50 without its last layer (``backbone.``), and seven
1x1 convolutions on its pooled features (``final_layers.0`` to ``.6``) for identity, expression, texture, angles, light,
translation across, and depth. The weights are their authors'; none are part of this project.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import torch
from torch import Tensor, nn

from mien.nn.residual_network import SHAPES, ResidualNetwork
from mien.nn.state import load_state
from mien.nn.weights.conversion import read_arrays
from mien.types import AnyArray

INPUT_SIZE = 224
HEADS = (80, 64, 80, 3, 27, 2, 1)
"""Identity, expression, texture, angles, light, translation x y, translation z: 257 in all."""

FILE = "regressor.safetensors"


class Deep3DNetwork(nn.Module):
    """The regressor.

    Args:
        backbone: A name of :data:`mien.nn.residual_network.SHAPES`; the published one is ``resnet-50``.
    """

    def __init__(self, backbone: str = "resnet-50") -> None:
        super().__init__()
        self.backbone = ResidualNetwork(backbone, 1)
        self.backbone.fc = nn.Identity()  # type: ignore[assignment]
        shape = SHAPES[backbone]
        features = 8 * shape.width * (4 if shape.bottleneck else 1)
        self.final_layers = nn.ModuleList([nn.Conv2d(features, count, 1) for count in HEADS])

    @classmethod
    def load(cls, folder: Path) -> Deep3DNetwork:
        """Read ``regressor.safetensors`` of the store's ``deep3d``.

        Raises:
            ModelError: It is missing or holds another network.
        """
        return cls.from_arrays(read_arrays(folder / FILE))

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, AnyArray], backbone: str = "resnet-50") -> Deep3DNetwork:
        """From arrays with the published names.

        Raises:
            ModelError: An array is missing, is too many, or has another shape.
        """
        network = cls(backbone)
        load_state(network, arrays, "Deep3DFaceRecon's regressor")
        return network

    def forward(self, pictures: Tensor) -> Tensor:
        """Coefficients ``(N, 257)`` of aligned pictures ``(N, 3, 224, 224)``, RGB 0-1, not normalised further."""
        features = self.backbone(pictures)[..., None, None]
        return torch.cat([layer(features) for layer in self.final_layers], dim=1).flatten(1)
