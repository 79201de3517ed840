"""face-api's recognition network, run as plain NumPy: 128 numbers of an RGB face crop, near for the same person.

Architecture: vladmandic/face-api 1.7.15 (MIT), ``faceRecognitionNet``: the 29-layer ResNet of dlib's
``dlib_face_recognition_resnet_model_v1`` (D. King, public domain): a 7x7 convolution, stride 2, 32 channels; 3x3
maximum, stride 2; 14 residual blocks of two 3x3 convolutions with 32, 64, 128 and 256 channels, each convolution with
a scale and a bias a channel; mean; a 256 x 128 matrix. Where a block halves the size, its shortcut is a 2x2 mean,
with zeros for the new channels. Input 150x150 RGB, minus (122.782, 117.001, 104.298), by 255. The weights are no part
of this project.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from mien.nn.convolution import convolve, max_pool, mean_pool_2x2
from mien.nn.face_crop import checked_crops
from mien.nn.face_expression import MEAN_COLOR
from mien.nn.weights.tfjs import read_network
from mien.types import ByteArray, FloatArray

INPUT_SIZE = 150
"""Side of the square RGB crop that the network takes, px (see :func:`mien.nn.face_crop.face_api_crop`)."""

FEATURES = 128

MANIFEST = "face_recognition_model-weights_manifest.json"

BLOCKS = (
    ("conv32_1", 32, False),
    ("conv32_2", 32, False),
    ("conv32_3", 32, False),
    ("conv64_down", 64, True),
    ("conv64_1", 64, False),
    ("conv64_2", 64, False),
    ("conv64_3", 64, False),
    ("conv128_down", 128, True),
    ("conv128_1", 128, False),
    ("conv128_2", 128, False),
    ("conv256_down", 256, True),
    ("conv256_1", 256, False),
    ("conv256_2", 256, False),
    ("conv256_down_out", 256, True),
)
"""Residual blocks in order: name, channels, whether it halves the size."""

_BATCH = 4


@dataclass(frozen=True, slots=True)
class FaceRecognition:
    """The network with its weights. Make one with :meth:`load`; it is immutable and may be shared between threads.

    Attributes:
        weights: Name to array, as the published manifest names them.
    """

    weights: Mapping[str, FloatArray]

    @classmethod
    def load(cls, folder: str | Path) -> FaceRecognition:
        """Read the network from a folder that holds the files of the npm package.

        Args:
            folder: Holds ``face_recognition_model-weights_manifest.json`` and ``face_recognition_model.bin``.

        Raises:
            ModelError: A file is missing, damaged, or holds another network.
        """
        return cls(read_network(Path(folder) / MANIFEST, layout(), "face-api's recognition network"))

    def features(self, crops: ByteArray) -> FloatArray:
        """Features of face crops. dlib's rule of thumb: one person where they are less than 0.6 apart.

        Args:
            crops: ``(N, 150, 150, 3)`` uint8 RGB.

        Returns:
            ``(N, 128)`` float32.

        Raises:
            InputError: The array is not of that shape or type.
        """
        crops = checked_crops(crops, INPUT_SIZE)
        rows = [self._forward(crops[i : i + _BATCH]) for i in range(0, len(crops), _BATCH)]
        return np.concatenate(rows) if rows else np.zeros((0, FEATURES), np.float32)

    def _forward(self, crops: ByteArray) -> FloatArray:
        x = (crops.astype(np.float32) - np.array(MEAN_COLOR, np.float32)) / np.float32(255)
        x = np.maximum(self._layer(x, "conv32_down", stride=2, padding=0), 0)
        x = max_pool(x, 3, 2)
        for name, _, halves in BLOCKS:
            x = self._block(x, name, halves)
        return np.asarray(x.mean(axis=(1, 2)) @ self.weights["fc"], np.float32)

    def _block(self, x: FloatArray, name: str, halves: bool) -> FloatArray:
        stride, padding = (2, 0) if halves else (1, 1)
        y = np.maximum(self._layer(x, f"{name}/conv1", stride, padding), 0)
        y = self._layer(y, f"{name}/conv2", stride=1, padding=1)
        if halves:
            x = mean_pool_2x2(x)
            # Without padding the convolutions lose a row and a column on even sizes, and the mean does not.
            y = np.pad(y, ((0, 0), (0, x.shape[1] - y.shape[1]), (0, x.shape[2] - y.shape[2]), (0, 0)))
            x = np.pad(x, ((0, 0), (0, 0), (0, 0), (0, y.shape[3] - x.shape[3])))
        return np.asarray(np.maximum(x + y, 0))

    def _layer(self, x: FloatArray, name: str, stride: int, padding: int) -> FloatArray:
        w = self.weights
        y = convolve(x, w[f"{name}/conv/filters"], w[f"{name}/conv/bias"], stride, (padding, padding))
        return np.asarray(y * w[f"{name}/scale/weights"] + w[f"{name}/scale/biases"])


def layout() -> dict[str, tuple[int, ...]]:
    """Every array of the network: name to shape."""
    shapes = _layer_layout("conv32_down", 7, 3, 32)
    inputs = 32
    for name, outputs, _ in BLOCKS:
        shapes |= _layer_layout(f"{name}/conv1", 3, inputs, outputs) | _layer_layout(
            f"{name}/conv2", 3, outputs, outputs
        )
        inputs = outputs
    return shapes | {"fc": (inputs, FEATURES)}


def _layer_layout(name: str, size: int, inputs: int, outputs: int) -> dict[str, tuple[int, ...]]:
    vectors = ("conv/bias", "scale/weights", "scale/biases")
    return {f"{name}/conv/filters": (size, size, inputs, outputs), **{f"{name}/{v}": (outputs,) for v in vectors}}
