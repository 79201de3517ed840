"""Mel-frequency cepstral coefficients as SyncNet hears speech.

Formulas: S. Davis & P. Mermelstein 1980, with the settings that SyncNet was trained with, those of
jameslyons/python_speech_features (MIT): pre-emphasis 0.97, rectangular windows of 25 ms every 10 ms, power spectrum
of a 512-point transform by 512, 26 triangular filters evenly spaced in mel from 0 to 8 kHz, logarithm, orthonormal
DCT-II, 13 coefficients, cepstral lifter 22, the first coefficient replaced by the logarithm of the window's energy.
"""

from __future__ import annotations

import math

import numpy as np
from scipy.fft import dct

from mien.errors import InputError
from mien.types import AnyArray, DoubleArray

SAMPLE_RATE_HZ = 16_000
WINDOW, STEP, TRANSFORM = 400, 160, 512
FILTERS, COEFFICIENTS, LIFTER = 26, 13, 22
PRE_EMPHASIS = 0.97


def mfcc(samples: AnyArray) -> DoubleArray:
    """Coefficients of a recording.

    Args:
        samples: ``(S,)`` mono at 16 kHz, on the scale of 16-bit integers (-32768 to 32767).

    Returns:
        ``(T, 13)`` float64, one row each 10 ms: ``1 + ceil((S - 400) / 160)``, the last window filled up with silence.

    Raises:
        InputError: Another shape, or no sample.
    """
    signal = np.asarray(samples, np.float64)
    if signal.ndim != 1 or signal.size == 0:
        raise InputError(f"samples have shape {signal.shape}; expected (S,), mono, at least one")
    emphasised = np.append(signal[0], signal[1:] - PRE_EMPHASIS * signal[:-1])
    windows = 1 + max(0, math.ceil((len(signal) - WINDOW) / STEP))
    padded = np.pad(emphasised, (0, max(0, (windows - 1) * STEP + WINDOW - len(signal))))
    frames = np.lib.stride_tricks.sliding_window_view(padded, WINDOW)[::STEP][:windows]
    power = np.abs(np.fft.rfft(frames, TRANSFORM)) ** 2 / TRANSFORM
    energy = _positive(power.sum(axis=1))
    loudness = np.log(_positive(power @ _filters().T))
    cepstrum = dct(loudness, type=2, axis=1, norm="ortho")[:, :COEFFICIENTS]
    cepstrum = cepstrum * (1 + LIFTER / 2 * np.sin(np.pi * np.arange(COEFFICIENTS) / LIFTER))
    cepstrum[:, 0] = np.log(energy)
    return np.asarray(cepstrum)


def _positive(values: AnyArray) -> DoubleArray:
    """Zeros, whose logarithm there is none of, become the smallest step of a float."""
    return np.asarray(np.where(values == 0, np.finfo(float).eps, values))


def _filters() -> DoubleArray:
    """``(26, 257)`` triangles over the transform's bins, with corners on whole bins."""
    mel = np.linspace(0, 2595 * np.log10(1 + SAMPLE_RATE_HZ / 2 / 700), FILTERS + 2)
    corners = np.floor((TRANSFORM + 1) * 700 * (10 ** (mel / 2595) - 1) / SAMPLE_RATE_HZ)
    bins = np.arange(TRANSFORM // 2 + 1)
    low, peak, high = (corners[i : i + FILTERS, None] for i in range(3))
    rising = (bins - low) / np.maximum(peak - low, 1)
    falling = (high - bins) / np.maximum(high - peak, 1)
    inside = (bins >= low) & (bins < high)
    return np.asarray(np.where(inside, np.where(bins < peak, rising, falling), 0.0))
