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
            x = shortcut + max_pool_3x3_stride_2(_apply_separable(y, module.second))
        logits = convolve(_pad_1(x), self._head.kernel, self._head.bias).mean(axis=(1, 2))
        powers = np.exp(logits - logits.max(axis=1, keepdims=True))
        return np.asarray(powers / powers.sum(axis=1, keepdims=True), np.float32)


def convolve(x: FloatArray, kernel: FloatArray, bias: FloatArray) -> FloatArray:
    """Correlation without padding, stride 1 (what networks call convolution).

    Args:
        x: ``(N, H, W, I)``.
        kernel: ``(kh, kw, I, O)``.
        bias: ``(O,)``.

    Returns:
        ``(N, H - kh + 1, W - kw + 1, O)``.
    """
    kh, kw, inputs, outputs = kernel.shape
    n, height, width = x.shape[0], x.shape[1] - kh + 1, x.shape[2] - kw + 1
    columns = np.concatenate(
        [x[:, i : i + height, j : j + width] for i in range(kh) for j in range(kw)], axis=-1
    ).reshape(-1, kh * kw * inputs)
    return np.asarray((columns @ kernel.reshape(-1, outputs) + bias).reshape(n, height, width, outputs))


def max_pool_3x3_stride_2(x: FloatArray) -> FloatArray:
    """Maximum over 3x3, stride 2, TensorFlow's 'same' padding: ``(N, H, W, C)`` to ``(N, ceil(H/2), ceil(W/2), C)``."""
    height, width = (x.shape[1] + 1) // 2, (x.shape[2] + 1) // 2
    # 'same' puts the odd row of padding at the end: none in front of even sizes, one in front of odd ones.
    before = (x.shape[1] % 2, x.shape[2] % 2)
    after = tuple(
        2 * out + 1 - size - front for out, size, front in zip((height, width), x.shape[1:3], before, strict=True)
    )
    padded = np.pad(x, ((0, 0), (before[0], after[0]), (before[1], after[1]), (0, 0)), constant_values=-np.inf)
    across = np.maximum(
        np.maximum(padded[:, :, 0 : 2 * width : 2], padded[:, :, 1 : 2 * width + 1 : 2]),
        padded[:, :, 2 : 2 * width + 1 : 2],
    )
    return np.maximum(
        np.maximum(across[:, 0 : 2 * height : 2], across[:, 1 : 2 * height + 1 : 2]),
        across[:, 2 : 2 * height + 1 : 2],
    )


def _apply_separable(x: FloatArray, layer: _Separable) -> FloatArray:
    padded = _pad_1(x)
    height, width = x.shape[1:3]
    total = padded[:, :height, :width] * layer.depthwise[0, 0]
    product = np.empty_like(total)
    for tap in range(1, 9):
        i, j = divmod(tap, 3)
        np.multiply(padded[:, i : i + height, j : j + width], layer.depthwise[i, j], out=product)
        total += product
    return np.asarray(total @ layer.pointwise.kernel[0, 0] + layer.pointwise.bias)


def _pad_1(x: FloatArray) -> FloatArray:
    return np.pad(x, ((0, 0), (1, 1), (1, 1), (0, 0)))


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
