"""face-api's expression network, run as plain NumPy: seven expressions of an RGB face crop.

Architecture: vladmandic/face-api 1.7.15 (MIT; the network is that of justadudewhohacks' face-api.js),
``faceExpressionNet`` and ``faceFeatureExtractor``: four dense blocks of depthwise-separable 3x3 convolutions (32, 64,
128, 256 channels, each halving the size), 7x7 mean, one dense layer, softmax. 320,000 weights, quantised to 8 bits in
the published file. Input 112x112 RGB, minus the mean colour (122.782, 117.001, 104.298), by 255. The weights are no
part of this project.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from mien.nn.convolution import convolve, convolve_depthwise, same_padding, softmax
from mien.nn.face_crop import checked_crops
from mien.nn.weights.tfjs import read_network
from mien.types import ByteArray, FloatArray

INPUT_SIZE = 112
"""Side of the square RGB crop that the network takes, px (see :func:`mien.nn.face_crop.face_api_crop`)."""

LABELS = ("neutral", "happy", "sad", "angry", "fear", "disgusted", "surprised")
"""The outputs in order, in this project's words (the network's own are "fearful" for fear, else the same)."""

FEATURES = 256

MEAN_COLOR = (122.782, 117.001, 104.298)
"""Taken off red, green and blue; the network learned with it."""

MANIFEST = "face_expression_model-weights_manifest.json"

_BLOCKS = 4
_BATCH = 8
"""Crops computed together: more fall out of the processor's cache and are slower per crop."""


@dataclass(frozen=True, slots=True)
class FaceExpression:
    """The network with its weights. Make one with :meth:`load`; it is immutable and may be shared between threads.

    Attributes:
        weights: Name to array, as the published manifest names them.
    """

    weights: Mapping[str, FloatArray]

    @classmethod
    def load(cls, folder: str | Path) -> FaceExpression:
        """Read the network from a folder that holds the files of the npm package.

        Args:
            folder: Holds ``face_expression_model-weights_manifest.json`` and ``face_expression_model.bin``.

        Raises:
            ModelError: A file is missing, damaged, or holds another network.
        """
        return cls(read_network(Path(folder) / MANIFEST, layout(), "face-api's expression network"))

    @property
    def labels(self) -> tuple[str, ...]:
        """Class names in output order."""
        return LABELS

    def probabilities(self, crops: ByteArray) -> FloatArray:
        """Class probabilities of face crops.

        Args:
            crops: ``(N, 112, 112, 3)`` uint8 RGB.

        Returns:
            ``(N, 7)`` float32, each row summing to 1, columns in the order of :data:`LABELS`.

        Raises:
            InputError: The array is not of that shape or type.
        """
        return softmax(self.features(crops) @ self.weights["fc/weights"] + self.weights["fc/bias"])

    def features(self, crops: ByteArray) -> FloatArray:
        """What goes into the last layer.

        Args:
            crops: ``(N, 112, 112, 3)`` uint8 RGB.

        Returns:
            ``(N, 256)`` float32.

        Raises:
            InputError: The array is not of that shape or type.
        """
        crops = checked_crops(crops, INPUT_SIZE)
        rows = [self._forward(crops[i : i + _BATCH]) for i in range(0, len(crops), _BATCH)]
        return np.concatenate(rows) if rows else np.zeros((0, FEATURES), np.float32)

    def _forward(self, crops: ByteArray) -> FloatArray:
        x = (crops.astype(np.float32) - np.array(MEAN_COLOR, np.float32)) / np.float32(255)
        for block in range(_BLOCKS):
            x = self._dense_block(x, block)
        return np.asarray(x.mean(axis=(1, 2)))

    def _dense_block(self, x: FloatArray, block: int) -> FloatArray:
        """Four convolutions, the later ones reading the rectified sum of all before; the first halves the size."""
        total = np.maximum(self._layer(x, f"dense{block}/conv0", stride=2), 0)
        for number in (1, 2, 3):
            total = total + self._layer(np.maximum(total, 0), f"dense{block}/conv{number}", stride=1)
        return np.maximum(total, 0)

    def _layer(self, x: FloatArray, name: str, stride: int) -> FloatArray:
        padding = same_padding(x.shape[1], 3, stride)
        bias = self.weights[f"{name}/bias"]
        if f"{name}/filters" in self.weights:
            return convolve(x, self.weights[f"{name}/filters"], bias, stride, padding)
        spread = convolve_depthwise(x, self.weights[f"{name}/depthwise_filter"][..., 0], stride, padding)
        return np.asarray(spread @ self.weights[f"{name}/pointwise_filter"][0, 0] + bias)


def layout() -> dict[str, tuple[int, ...]]:
    """Every array of the network: name to shape."""
    shapes: dict[str, tuple[int, ...]] = {}
    inputs = 3
    for block, outputs in enumerate((32, 64, 128, 256)):
        for number in range(4):
            name = f"dense{block}/conv{number}"
            if block == number == 0:
                shapes[f"{name}/filters"] = (3, 3, inputs, outputs)
            else:
                shapes[f"{name}/depthwise_filter"] = (3, 3, inputs, 1)
                shapes[f"{name}/pointwise_filter"] = (1, 1, inputs, outputs)
            shapes[f"{name}/bias"] = (outputs,)
            inputs = outputs
    return shapes | {"fc/weights": (inputs, len(LABELS)), "fc/bias": (len(LABELS),)}
