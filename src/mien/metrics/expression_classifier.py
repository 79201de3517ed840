"""A small published expression classifier, run as plain NumPy: the mini-Xception of Arriaga et al. 2017.

Architecture: O. Arriaga, M. Valdenegro-Toro, P. Plöger, "Real-time Convolutional Neural Networks for Emotion and Gender
Classification", arXiv:1710.07557, section 3: two 3x3 convolutions, four residual modules of depthwise-separable
convolutions, a 3x3 convolution to one map per class, global average pooling, softmax. About 58,000 weights, trained on
FER-2013 (48x48 grey face crops, here 64x64). The weights are not part of this project; they are read from an ``.npz``
with Keras' layer names and layouts.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from mien.errors import InputError, ModelError
from mien.nn.convolution import convolve, convolve_depthwise, max_pool, same_padding, softmax
from mien.types import AnyArray, FloatArray

INPUT_SIZE = 64
"""Side of the square grey crop that the network takes, px."""

BATCH_NORM_EPSILON = 1e-3
"""Keras' default, which the published model uses."""

MODULE_CHANNELS = (16, 32, 64, 128)

PUBLISHED_LABELS = ("angry", "disgust", "fear", "happy", "sad", "surprise", "neutral")
"""The classes of the published weights, in their order; for files that do not name them."""

_BATCH = 16
"""Crops computed together: larger batches fall out of the processor's cache and are slower per crop."""


@dataclass(frozen=True, slots=True)
class _Convolution:
    """A convolution whose batch normalisation is already folded into ``kernel`` and ``bias``."""

    kernel: FloatArray
    bias: FloatArray


@dataclass(frozen=True, slots=True)
class _Separable:
    """Depthwise 3x3 then pointwise convolution, its batch normalisation folded into the pointwise part."""

    depthwise: FloatArray
    pointwise: _Convolution


@dataclass(frozen=True, slots=True)
class _Module:
    """A residual module: shortcut (1x1, stride 2) + max-pooled pair of separable convolutions."""

    first: _Separable
    second: _Separable
    shortcut: _Convolution


@dataclass(frozen=True, slots=True)
class ExpressionClassifier:
    """The network with its weights. Make one with :meth:`load`; it is immutable and may be shared between threads.

    Attributes:
        labels: Class names in output order, as in the file
            (``angry, disgust, fear, happy, sad, surprise, neutral`` in the published one).
    """

    labels: tuple[str, ...]
    _stem: tuple[_Convolution, _Convolution]
    _modules: tuple[_Module, ...]
    _head: _Convolution

    @classmethod
    def load(cls, path: str | Path) -> ExpressionClassifier:
        """Read the weights from an ``.npz`` with Keras' layer names (``conv2d_1/kernel``, …).

        Args:
            path: The file.

        Raises:
            ModelError: The file is missing, is not an ``.npz``, or lacks a layer.
        """
        try:
            with np.load(path, allow_pickle=False) as archive:
                weights = {name: archive[name] for name in archive.files}
        except (OSError, ValueError) as error:
            raise ModelError(f"cannot read the expression classifier '{path}' as an .npz file: {error}") from error
        try:
            return cls.from_weights(weights)
        except KeyError as error:
            raise ModelError(
                f"'{path}' has no array {error}; expected the mini-Xception with Keras' layer names"
            ) from error

    @classmethod
    def from_weights(cls, weights: Mapping[str, AnyArray]) -> ExpressionClassifier:
        """Build the network from arrays in Keras' layout (see :meth:`load`).

        Raises:
            KeyError: An array is missing.
        """
        # Keras numbered the layers as they were made: in each module the shortcut came first.
        modules = tuple(
            _Module(
                first=_separable(weights, 2 * m + 1, 3 * m + 4),
                second=_separable(weights, 2 * m + 2, 3 * m + 5),
                shortcut=_normalised(weights[f"conv2d_{m + 3}/kernel"], weights, 3 * m + 3),
            )
            for m in range(len(MODULE_CHANNELS))
        )
        stem = tuple(_normalised(weights[f"conv2d_{i}/kernel"], weights, i) for i in (1, 2))
        head = _Convolution(_f32(weights["conv2d_7/kernel"]), _f32(weights["conv2d_7/bias"]))
        labels = tuple(str(label) for label in weights.get("labels", np.array(PUBLISHED_LABELS)))
        return cls(labels, (stem[0], stem[1]), modules, head)

    def probabilities(self, crops: AnyArray) -> FloatArray:
        """Class probabilities of grey face crops.

        Args:
            crops: ``(N, 64, 64)``; uint8 0-255, or floating point 0-1.

        Returns:
            ``(N, C)`` float32, each row summing to 1, columns in the order of :attr:`labels`.

        Raises:
            InputError: The array is not of that shape or type.
        """
        crops = np.asarray(crops)
        if crops.ndim != 3 or crops.shape[1:] != (INPUT_SIZE, INPUT_SIZE):
            raise InputError(f"crops have shape {crops.shape}; expected (N, {INPUT_SIZE}, {INPUT_SIZE}), grey")
        if crops.dtype == np.uint8:
            grey = crops.astype(np.float32) / 255.0
        elif np.issubdtype(crops.dtype, np.floating):
            grey = crops.astype(np.float32)
        else:
            raise InputError(f"crops are {crops.dtype}; expected uint8 (0-255) or floating point (0-1)")
        rows = [self._forward(grey[i : i + _BATCH]) for i in range(0, len(grey), _BATCH)]
        return np.concatenate(rows) if rows else np.zeros((0, len(self.labels)), np.float32)

    def _forward(self, grey: FloatArray) -> FloatArray:
        x = ((grey - 0.5) * 2.0)[..., None]
        for layer in self._stem:
            x = np.maximum(convolve(x, layer.kernel, layer.bias), 0.0)
        for module in self._modules:
            shortcut = x[:, ::2, ::2] @ module.shortcut.kernel[0, 0] + module.shortcut.bias
            y = np.maximum(_apply_separable(x, module.first), 0.0)
            x = shortcut + _pooled(_apply_separable(y, module.second))
        return softmax(convolve(x, self._head.kernel, self._head.bias, padding=(1, 1)).mean(axis=(1, 2)))


def _pooled(x: FloatArray) -> FloatArray:
    """Maximum over 3x3, stride 2, padded as TensorFlow pads: ``(N, S, S, C)`` to ``(N, ceil(S/2), ceil(S/2), C)``."""
    return max_pool(x, 3, 2, same_padding(x.shape[1], 3, 2))


def _apply_separable(x: FloatArray, layer: _Separable) -> FloatArray:
    spread = convolve_depthwise(x, layer.depthwise, padding=(1, 1))
    return np.asarray(spread @ layer.pointwise.kernel[0, 0] + layer.pointwise.bias)


def _normalised(kernel: AnyArray, weights: Mapping[str, AnyArray], number: int) -> _Convolution:
    """Fold ``gamma·(x - mean) / sqrt(variance + eps) + beta`` into the kernel's last axis and a bias."""
    name = f"batch_normalization_{number}"
    scale = weights[f"{name}/gamma"] / np.sqrt(weights[f"{name}/moving_variance"] + BATCH_NORM_EPSILON)
    bias = weights[f"{name}/beta"] - weights[f"{name}/moving_mean"] * scale
    return _Convolution(_f32(kernel * scale), _f32(bias))


def _separable(weights: Mapping[str, AnyArray], number: int, normalisation: int) -> _Separable:
    name = f"separable_conv2d_{number}"
    depthwise = _f32(weights[f"{name}/depthwise_kernel"][..., 0])
    return _Separable(depthwise, _normalised(weights[f"{name}/pointwise_kernel"], weights, normalisation))


def _f32(array: AnyArray) -> FloatArray:
    return np.ascontiguousarray(array, dtype=np.float32)
