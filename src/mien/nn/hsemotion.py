"""HSEmotion: eight emotions of a face, and 1,280 features that Fréchet emotion distances are taken on.

Source: A. Savchenko, "Facial expression and attributes recognition based on multi-task learning of lightweight neural
networks", SISY 2021 (EfficientNet-B0 trained on AffectNet), in ONNX as ``enet_b0_8_best_vgaf`` of
av-savchenko/hsemotion-onnx (Apache-2.0), with its input convention: the face's box brought to 224x224 whatever its
shape, by 255, minus ImageNet's mean, by its deviation. Features are what goes into the last dense layer.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from mien.nn.convolution import softmax
from mien.nn.face_crop import checked_crops
from mien.nn.onnx_network import OnnxNetwork
from mien.types import ByteArray, FloatArray

INPUT_SIZE = 224
FEATURES = 1280

LABELS = ("angry", "contempt", "disgusted", "fear", "happy", "neutral", "sad", "surprised")
"""The outputs in order, in this project's words."""

_MEAN, _DEVIATION = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
_BATCH = 8


class HsEmotion:
    """The network with its weights.

    Args:
        path: ``enet_b0_8_best_vgaf.onnx`` of the store's ``hsemotion``.

    Raises:
        ModelError: The file is missing or is another network, or ONNX Runtime is not installed.
    """

    labels = LABELS

    def __init__(self, path: Path) -> None:
        shape = (3, INPUT_SIZE, INPUT_SIZE)
        self._network = OnnxNetwork(path, "HSEmotion", shape, len(LABELS), last_features=True)

    def probabilities(self, crops: ByteArray) -> FloatArray:
        """Class probabilities of face crops.

        Args:
            crops: ``(N, 224, 224, 3)`` uint8 RGB (:func:`mien.nn.face_crop.mesh_crop`).

        Returns:
            ``(N, 8)`` float32, columns :data:`LABELS`.

        Raises:
            InputError: The array is not of that shape or type.
        """
        return softmax(self._run(crops)[0])

    def features(self, crops: ByteArray) -> FloatArray:
        """What goes into the last layer: ``(N, 224, 224, 3)`` uint8 RGB to ``(N, 1280)`` float32."""
        return self._run(crops)[1]

    def _run(self, crops: ByteArray) -> tuple[FloatArray, FloatArray]:
        crops = checked_crops(crops, INPUT_SIZE)
        if len(crops) == 0:
            return np.zeros((0, len(LABELS)), np.float32), np.zeros((0, FEATURES), np.float32)
        mean, deviation = np.array(_MEAN, np.float32), np.array(_DEVIATION, np.float32)
        scaled = np.asarray((crops / np.float32(255) - mean) / deviation, np.float32).transpose(0, 3, 1, 2)
        rows = [self._network.run(scaled[i : i + _BATCH]) for i in range(0, len(scaled), _BATCH)]
        features = [row[1] for row in rows if row[1] is not None]
        return np.concatenate([row[0] for row in rows]), np.concatenate(features)
