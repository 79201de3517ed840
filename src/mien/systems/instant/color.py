"""Level 2: flush and pallor. Where the skin colours, and how much, by emotion.

Directions: anger flushes, fear and sadness pale, disgust turns away from red towards yellow-green, happiness and
pleasure warm the face slightly (Thorstenson, Elliot, Pazda, Perrett, Xiao, "Emotion-color associations in the context
of the face", Emotion 2018; Nakajima, Minami, Nakauchi, Scientific Reports 7:41019, 2017; Benitez-Quiroz, Srinivasan,
Martinez, PNAS 115(14), 2018). The amounts are ours: they stay under about 5 CIELAB units in a* on fair skin, the size
that Thorstenson's participants chose, and are given as the relative change of each gamma-coded channel.
"""

from __future__ import annotations

import numpy as np

from mien.emotion.vocabulary import EMOTIONS
from mien.types import DoubleArray

FLUSH = {
    "happy": (0.012, -0.004, -0.004),
    "sad": (-0.020, -0.004, 0.000),
    "angry": (0.030, -0.028, -0.022),
    "fear": (-0.020, 0.004, 0.008),
    "disgusted": (-0.014, 0.006, -0.014),
    "surprised": (0.0, 0.0, 0.0),
    "contempt": (0.0, 0.0, 0.0),
    "calm": (0.0, 0.0, 0.0),
}
"""Change of the red, green and blue channel where the skin colours most, at intensity 1 (natural logarithm)."""

CENTRES = ((50, 22.0, 1.0), (280, 22.0, 1.0), (4, 16.0, 0.6), (151, 26.0, 0.7), (199, 16.0, 0.4))
"""Where blood shows: cheeks, tip of the nose, forehead, chin (landmark, radius in mm, share)."""

_TABLE = np.array([FLUSH[name] for name in EMOTIONS])


def flush(emotion: DoubleArray) -> DoubleArray:
    """Logarithm of the channels' change ``(3,)`` where the skin colours most, for an emotion vector ``(8,)``."""
    return np.asarray(emotion @ _TABLE)


def flush_weights(vertices: DoubleArray, rim: np.ndarray) -> DoubleArray:
    """How much of the flush each vertex shows ``(468,)``, 0-1; nothing on the rim of the mesh, so that no edge shows.

    Args:
        vertices: ``(468, 3)`` mean shape, mm.
        rim: Indices of the face oval.
    """
    weights = np.zeros(len(vertices))
    for landmark, radius_mm, share in CENTRES:
        distance = np.linalg.norm(vertices - vertices[landmark], axis=1)
        weights = np.maximum(weights, share * np.exp(-0.5 * (distance / radius_mm) ** 2))
    to_rim = np.linalg.norm(vertices[:, None] - vertices[None, rim], axis=2).min(axis=1)
    return np.asarray(weights * np.clip(to_rim / 15.0, 0.0, 1.0))
