"""Speech with the time of every sound, from espeak-ng's library."""

from __future__ import annotations

import ctypes
import ctypes.util
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

RETRIEVE_SAMPLES = 1
"""``AUDIO_OUTPUT_RETRIEVAL`` of ``speak_lib.h``: samples go to a callback and not to the loudspeaker."""
PHONEME_EVENTS, PHONEMES_AS_IPA = 1, 2
END_OF_LIST, PHONEME = 0, 7
UTF8 = 1
RATE_PARAMETER = 1


@dataclass(frozen=True)
class Sound:
    """One speech sound: its IPA symbol (empty: a pause) and when it is heard, seconds."""

    ipa: str
    start_s: float
    stop_s: float


@dataclass(frozen=True)
class Speech:
    """Samples ``(N,)`` int16 mono, their rate in Hz, and the sounds in order."""

    samples: NDArray[np.int16]
    rate: int
    sounds: tuple[Sound, ...]


class _Id(ctypes.Union):
    _fields_ = [("number", ctypes.c_int), ("name", ctypes.c_char_p), ("string", ctypes.c_char * 8)]


class _Event(ctypes.Structure):
    _fields_ = [
        ("type", ctypes.c_int),
        ("unique_identifier", ctypes.c_uint),
        ("text_position", ctypes.c_int),
        ("length", ctypes.c_int),
        ("audio_position", ctypes.c_int),
        ("sample", ctypes.c_int),
        ("user_data", ctypes.c_void_p),
        ("id", _Id),
    ]


_CALLBACK = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.POINTER(_Event))


def speak(text: str, voice: str, *, words_per_minute: int) -> Speech:
    """Synthesise a text.

    Args:
        text: What is said.
        voice: An espeak-ng voice, such as ``en-us+f3``.
        words_per_minute: Pace.

    Raises:
        RuntimeError: espeak-ng's library is not installed, or has not this voice.
    """
    name = ctypes.util.find_library("espeak-ng")
    if name is None:
        raise RuntimeError("espeak-ng's library is missing; install espeak-ng (apt or brew)")
    library = ctypes.CDLL(name)
    rate = library.espeak_Initialize(RETRIEVE_SAMPLES, 0, None, PHONEME_EVENTS | PHONEMES_AS_IPA)
    if rate <= 0 or library.espeak_SetVoiceByName(voice.encode()) != 0:
        raise RuntimeError(f"espeak-ng cannot speak with the voice {voice}")
    library.espeak_SetParameter(RATE_PARAMETER, words_per_minute, 0)
    blocks: list[NDArray[np.int16]] = []
    starts: list[tuple[str, float]] = []

    @_CALLBACK
    def take(samples, count, events):  # type: ignore[no-untyped-def]
        if samples and count:
            blocks.append(np.ctypeslib.as_array(samples, (count,)).astype(np.int16))
        number = 0
        while events[number].type != END_OF_LIST:
            if events[number].type == PHONEME:
                starts.append((events[number].id.string.decode(), events[number].audio_position / 1000.0))
            number += 1
        return 0

    library.espeak_SetSynthCallback(take)
    encoded = text.encode()
    library.espeak_Synth(encoded, len(encoded) + 1, 0, 0, 0, UTF8, None, None)
    library.espeak_Synchronize()
    library.espeak_Terminate()
    samples = np.concatenate(blocks)
    stops = [start for _, start in starts[1:]] + [len(samples) / rate]
    sounds = tuple(Sound(ipa, start, stop) for (ipa, start), stop in zip(starts, stops, strict=True) if stop > start)
    return Speech(samples, rate, sounds)
