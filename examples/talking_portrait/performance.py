"""What the face does while it speaks: action units and head angles, frame by frame.

Each sound has a mouth shape (a viseme). A sound's dominance rises before it and falls after it, and the mouth is the
average of all shapes by their dominance (Cohen & Massaro, "Modeling coarticulation in synthetic visual speech", 1993):
closed lips get their way, a t or a k takes the shape of its neighbours.
"""

from __future__ import annotations

import numpy as np
from scipy.ndimage import gaussian_filter1d

from mien.types import DoubleArray
from talking_portrait.speech import Sound, Speech

VISEMES: dict[str, tuple[float, float, dict[str, float]]] = {
    "": (0.8, 0.045, {}),
    "p b m": (8.0, 0.020, {"AU24": 0.35}),
    "f v": (4.0, 0.030, {"AU25": 0.15, "AU28": 0.12, "AU10": 0.15}),
    "w": (1.8, 0.045, {"AU18": 0.65, "AU25": 0.35, "AU26": 0.20}),
    "ɹ ɜ": (0.9, 0.045, {"AU18": 0.30, "AU25": 0.50, "AU26": 0.60}),
    "ʃ ʒ tʃ dʒ": (1.4, 0.045, {"AU22": 0.35, "AU18": 0.20, "AU25": 0.45, "AU26": 0.20}),
    "s z": (1.1, 0.045, {"AU25": 0.50, "AU20": 0.12, "AU26": 0.12}),
    "t d n l θ ð": (0.5, 0.045, {"AU25": 0.50, "AU26": 0.40}),
    "k ɡ ŋ h j": (0.4, 0.045, {"AU25": 0.50, "AU26": 0.50}),
    "i ɪ": (1.0, 0.045, {"AU25": 0.65, "AU20": 0.30, "AU26": 0.45}),
    "e ɛ": (1.1, 0.045, {"AU25": 0.65, "AU20": 0.18, "AU26": 0.90, "AU27": 0.12}),
    "æ a ɐ ʌ ɑ": (1.3, 0.045, {"AU25": 0.60, "AU20": 0.08, "AU26": 1.00, "AU27": 0.35}),
    "ə ɚ": (0.6, 0.045, {"AU25": 0.50, "AU26": 0.70}),
    "o ɔ": (1.2, 0.045, {"AU18": 0.50, "AU25": 0.55, "AU26": 0.90, "AU27": 0.10}),
    "u ʊ": (1.2, 0.045, {"AU18": 0.75, "AU25": 0.40, "AU26": 0.30}),
}
"""Sounds to how much they dominate, how far (dominance falls to 1/e in so many seconds before the sound and after it),
and their action units. A diphthong is the shapes of its parts, one after the other."""

BLINKS_S = (0.98, 3.08, 4.84)
CLOSING_S, CLOSED_S, OPENING_S = 0.08, 0.08, 0.16
"""A blink shuts fast and opens slowly; two frames at least show it shut."""

BROW_RAISE = {"AU1": 0.30, "AU2": 0.25}
NOD_DEGREES = 2.2
ACCENT_S = 0.13
"""Brows rise, and the head nods, with the loudest sound of each phrase; standard deviation of the bump."""

SWAY_DEGREES = (1.3, 2.6, 1.4)
SWAY_S = 0.38
"""Slow wandering of pitch, yaw and roll: standard deviations in degrees, and of the smoothing in seconds."""


def action_units(speech: Speech, times_s: DoubleArray) -> dict[str, DoubleArray]:
    """Action units over time, the sides together (``AU43``).

    Args:
        speech: With its sounds.
        times_s: ``(T,)`` of the frames, counted from the start of the speech.

    Returns:
        For each action unit ``(T,)`` in [0, 1].
    """
    silences = Sound("", -np.inf, 0.0), Sound("", len(speech.samples) / speech.rate, np.inf)
    units = _mouth((silences[0], *speech.sounds, silences[1]), times_s)
    accents = sum(_bump(times_s, accent_s) for accent_s in accent_times(speech))
    for unit, amount in BROW_RAISE.items():
        units[unit] = amount * np.asarray(accents)
    units["AU43"] = np.max([_blink(times_s, start_s) for start_s in BLINKS_S], axis=0)
    return units


def head_degrees(speech: Speech, times_s: DoubleArray, seed: int = 7) -> DoubleArray:
    """Pitch, yaw and roll to add ``(T, 3)``; see :func:`action_units` for the arguments."""
    step_s = float(times_s[1] - times_s[0])
    noise = np.random.default_rng(seed).normal(size=(len(times_s), 3))
    sway = gaussian_filter1d(noise, SWAY_S / step_s, axis=0, mode="reflect")
    sway = (sway - sway.mean(axis=0)) / sway.std(axis=0) * SWAY_DEGREES
    for accent_s in accent_times(speech):
        sway[:, 0] += NOD_DEGREES * _bump(times_s, accent_s + 0.05)
    return np.asarray(sway)


def accent_times(speech: Speech) -> list[float]:
    """When each phrase, from pause to pause, is loudest."""
    phrases: list[list[Sound]] = [[]]
    for sound in speech.sounds:
        if sound.ipa:
            phrases[-1].append(sound)
        elif phrases[-1]:
            phrases.append([])
    return [_middle(max(phrase, key=lambda sound: _loudness(speech, sound))) for phrase in phrases if phrase]


def _mouth(sounds: tuple[Sound, ...], times_s: DoubleArray) -> dict[str, DoubleArray]:
    total = np.full(len(times_s), 1e-3)
    units = {unit: np.zeros(len(times_s)) for *_, shape in VISEMES.values() for unit in shape}
    for sound in _parts(sounds):
        strength, reach_s, shape = _viseme(sound.ipa)
        outside = np.maximum(np.maximum(sound.start_s - times_s, times_s - sound.stop_s), 0.0)
        dominance = strength * np.exp(-outside / reach_s)
        total += dominance
        for unit, amount in shape.items():
            units[unit] += amount * dominance
    return {unit: values / total for unit, values in units.items()}


def _parts(sounds: tuple[Sound, ...]) -> list[Sound]:
    """The sounds, diphthongs taken apart; a lengthened vowel is one part, and so is an affricate."""
    parts = []
    for sound in sounds:
        if sound.ipa in ("", "tʃ", "dʒ"):
            parts.append(sound)
            continue
        letters = sound.ipa.replace("ː", "")
        length_s = (sound.stop_s - sound.start_s) / len(letters)
        starts_s = [sound.start_s + k * length_s for k in range(len(letters))]
        parts += [Sound(letter, start, start + length_s) for letter, start in zip(letters, starts_s, strict=True)]
    return parts


def _viseme(ipa: str) -> tuple[float, float, dict[str, float]]:
    for symbols, viseme in VISEMES.items():
        if ipa in symbols.split(" "):
            return viseme
    raise ValueError(f"the sound {ipa!r} has no viseme; give it one in VISEMES")


def _middle(sound: Sound) -> float:
    return (sound.start_s + sound.stop_s) / 2


def _loudness(speech: Speech, sound: Sound) -> float:
    """Energy of a sound."""
    part = speech.samples[int(sound.start_s * speech.rate) : int(sound.stop_s * speech.rate)].astype(float)
    return float((part**2).sum())


def _bump(times_s: DoubleArray, centre_s: float) -> DoubleArray:
    return np.exp(-0.5 * ((times_s - centre_s) / ACCENT_S) ** 2)


def _blink(times_s: DoubleArray, start_s: float) -> DoubleArray:
    places = start_s + np.cumsum([0.0, CLOSING_S, CLOSED_S, OPENING_S])
    linear = np.interp(times_s, places, [0.0, 1.0, 1.0, 0.0])
    return linear * linear * (3.0 - 2.0 * linear)
