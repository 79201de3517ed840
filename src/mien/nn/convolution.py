"""The layers of small convolutional networks in plain NumPy, so that they run where torch is not installed.

Images are ``(N, H, W, C)``. Padding is given as ``(before, after)``, the same for rows and columns.
"""

from __future__ import annotations

import numpy as np

from mien.types import AnyArray, FloatArray


def same_padding(size: int, kernel: int, stride: int) -> tuple[int, int]:
    """TensorFlow's padding 'same': so much that ``ceil(size / stride)`` results come out, the odd one at the end."""
    results = -(-size // stride)
    total = max(0, (results - 1) * stride + kernel - size)
    return total // 2, total - total // 2


def pad(x: FloatArray, padding: tuple[int, int], value: float = 0.0) -> FloatArray:
    """Put a border of ``value`` around rows and columns: ``(N, H, W, C)`` to ``(N, H + b + a, W + b + a, C)``."""
    return np.pad(x, ((0, 0), padding, padding, (0, 0)), constant_values=value) if any(padding) else x


def convolve(
    x: FloatArray,
    kernel: FloatArray,
    bias: FloatArray | float = 0.0,
    stride: int = 1,
    padding: tuple[int, int] = (0, 0),
) -> FloatArray:
    """Correlation, which networks call convolution.

    Args:
        x: ``(N, H, W, I)``.
        kernel: ``(kh, kw, I, O)``.
        bias: ``(O,)``.
        stride: Step in both directions.
        padding: Zeros before and after.

    Returns:
        ``(N, (H' - kh) // stride + 1, (W' - kw) // stride + 1, O)`` with ``H'``, ``W'`` after padding.
    """
    x = pad(x, padding)
    kh, kw, inputs, outputs = kernel.shape
    n, height, width = x.shape[0], (x.shape[1] - kh) // stride + 1, (x.shape[2] - kw) // stride + 1
    taps = [_tap(x, i, j, height, width, stride) for i in range(kh) for j in range(kw)]
    columns = np.concatenate(taps, axis=-1).reshape(-1, kh * kw * inputs)
    product = columns @ kernel.reshape(-1, outputs) + bias
    return np.asarray(product.reshape(n, height, width, outputs))


def convolve_depthwise(
    x: FloatArray, kernel: FloatArray, stride: int = 1, padding: tuple[int, int] = (0, 0)
) -> FloatArray:
    """Each channel correlated with a kernel of its own.

    Args:
        x: ``(N, H, W, C)``.
        kernel: ``(kh, kw, C)``.
        stride: Step in both directions.
        padding: Zeros before and after.

    Returns:
        As :func:`convolve`, with ``C`` channels.
    """
    x = pad(x, padding)
    kh, kw = kernel.shape[:2]
    height, width = (x.shape[1] - kh) // stride + 1, (x.shape[2] - kw) // stride + 1
    total = np.zeros((x.shape[0], height, width, x.shape[3]), x.dtype)
    product = np.empty_like(total)
    for i in range(kh):
        for j in range(kw):
            np.multiply(_tap(x, i, j, height, width, stride), kernel[i, j], out=product)
            total += product
    return total


def max_pool(x: FloatArray, size: int, stride: int, padding: tuple[int, int] = (0, 0)) -> FloatArray:
    """Largest value of each ``size`` x ``size`` window: ``(N, H, W, C)`` to ``(N, H', W', C)``."""
    x = pad(x, padding, -np.inf)
    height, width = (x.shape[1] - size) // stride + 1, (x.shape[2] - size) // stride + 1
    across = x[:, :, : (width - 1) * stride + 1 : stride]
    for j in range(1, size):
        across = np.maximum(across, x[:, :, j : j + (width - 1) * stride + 1 : stride])
    down = across[:, : (height - 1) * stride + 1 : stride]
    for i in range(1, size):
        down = np.maximum(down, across[:, i : i + (height - 1) * stride + 1 : stride])
    return down


def mean_pool_2x2(x: FloatArray) -> FloatArray:
    """Mean of 2x2 windows, stride 2; an odd last row or column is left out."""
    height, width = x.shape[1] // 2 * 2, x.shape[2] // 2 * 2
    x = x[:, :height, :width]
    return np.asarray((x[:, ::2, ::2] + x[:, 1::2, ::2] + x[:, ::2, 1::2] + x[:, 1::2, 1::2]) * np.float32(0.25))


def softmax(logits: AnyArray) -> FloatArray:
    """Probabilities along the last axis, float32."""
    powers = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=-1, keepdims=True), np.float32)


def _tap(x: FloatArray, i: int, j: int, height: int, width: int, stride: int) -> FloatArray:
    """The pixels that one place of the kernel meets."""
    return x[:, i : i + (height - 1) * stride + 1 : stride, j : j + (width - 1) * stride + 1 : stride]
