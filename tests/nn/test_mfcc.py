import numpy as np
import pytest

from mien.errors import InputError
from mien.nn.mfcc import mfcc


def written_out(signal):
    """The same coefficients by sums over samples, bins and filters, as the definitions have them."""
    before = np.concatenate([[0.0], signal[:-1]])
    emphasised = signal - 0.97 * before
    rows = []
    for start in range(0, max(1, len(signal) - 400 + 160), 160):
        window = np.zeros(512)
        part = emphasised[start : start + 400]
        window[: len(part)] = part
        k = np.arange(257)[:, None]
        spectrum = np.exp(-2j * np.pi * k * np.arange(512) / 512) @ window
        power = np.abs(spectrum) ** 2 / 512
        mel = np.linspace(0, 2595 * np.log10(1 + 8000 / 700), 28)
        corners = np.floor(513 * 700 * (10 ** (mel / 2595) - 1) / 16000).astype(int)
        loudness = np.zeros(26)
        for j in range(26):
            a, b, c = corners[j : j + 3]
            loudness[j] = sum(power[i] * (i - a) / (b - a) for i in range(a, b))
            loudness[j] += sum(power[i] * (c - i) / (c - b) for i in range(b, c))
        cepstrum = [
            np.sqrt((1 if n == 0 else 2) / 26)
            * np.sum(np.log(loudness) * np.cos(np.pi * n * (np.arange(26) + 0.5) / 26))
            for n in range(13)
        ]
        row = np.array(cepstrum) * (1 + 11 * np.sin(np.pi * np.arange(13) / 22))
        row[0] = np.log(power.sum())
        rows.append(row)
    return np.array(rows)


def test_against_the_definitions_written_out():
    signal = np.random.default_rng(0).normal(0, 3000, 1000)
    np.testing.assert_allclose(mfcc(signal), written_out(signal), atol=1e-8)


@pytest.mark.parametrize(("samples", "rows"), [(1, 1), (400, 1), (401, 2), (560, 2), (561, 3), (16000, 99)])
def test_how_many_rows(samples, rows):
    # what python_speech_features gives for these lengths; it was also equal to the last bit on such noise
    assert mfcc(np.ones(samples)).shape == (rows, 13)


def test_silence_has_finite_coefficients():
    silent = mfcc(np.zeros(1600))
    assert np.isfinite(silent).all()
    np.testing.assert_allclose(silent[:, 0], np.log(np.finfo(float).eps))


def test_refuses_stereo_and_nothing():
    for bad in (np.zeros((100, 2)), np.zeros(0)):
        with pytest.raises(InputError, match="mono"):
            mfcc(bad)
