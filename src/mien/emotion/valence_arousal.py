"""Valence and arousal to one emotion and its intensity.

The plane is that of Russell's circumplex: valence to the right, arousal upwards, neutral in the middle. The direction
of each emotion comes from the mean ratings in J. A. Russell, A. Mehrabian, "Evidence for a three-factor theory of
emotions", Journal of Research in Personality 11, 1977, pp. 273-294 (pleasure and arousal columns); that of calm, which
we could not check there, from the circular scaling in J. A. Russell, "A circumplex model of affect", Journal of
Personality and Social Psychology 39, 1980, pp. 1161-1178 (calm: 316.2 degrees).

Two dimensions cannot tell contempt from its neighbours, and the ratings have no single word for it, so contempt is
never the answer. Anger and fear, which differ in dominance, lie close together here too; name the emotion to be sure.
"""

from __future__ import annotations

import math
from types import MappingProxyType

from mien.emotion.vocabulary import NEUTRAL
from mien.errors import EmotionError

COORDINATES: MappingProxyType[str, tuple[float, float]] = MappingProxyType(
    {
        "happy": (0.76, 0.48),  # "joyful"
        "sad": (-0.63, -0.27),
        "angry": (-0.51, 0.59),
        "fear": (-0.64, 0.60),  # "fearful"
        "disgusted": (-0.60, 0.35),
        "surprised": (0.40, 0.67),
        "calm": (0.72, -0.69),  # the point at 316.2 degrees on the circle
    }
)
"""Emotion to its (valence, arousal), each from -1 to 1."""

SEAM_DEG = 4.0
"""Width of the seam between two emotions, in which the intensity goes to 0 and comes back, degrees.

Only so is the answer continuous: an emotion vector has one non-zero element at most, hence from one emotion to another
every continuous way leads through neutral.
"""

_ANGLES_DEG = {name: math.degrees(math.atan2(a, v)) for name, (v, a) in COORDINATES.items()}


def emotion_from_valence_arousal(valence: float, arousal: float) -> tuple[str, float]:
    """Return the emotion whose direction is nearest, and as its intensity the distance from the middle.

    The intensity is cut off at 1 and falls to 0 within ``SEAM_DEG / 2`` of the border between two emotions, so that
    the emotion vector is a continuous function of the point.

    Args:
        valence: From -1 (unpleasant) to 1 (pleasant).
        arousal: From -1 (sleepy) to 1 (excited).

    Returns:
        The emotion (``"neutral"`` at the very middle) and its intensity, 0 to 1.

    Raises:
        EmotionError: A number is NaN or outside -1 to 1.
    """
    for name, value in (("valence", valence), ("arousal", arousal)):
        if not -1 <= value <= 1:  # false for NaN too
            raise EmotionError(f"{name} is {value:g}; it must be from -1 to 1")
    radius = math.hypot(valence, arousal)
    if radius == 0:
        return NEUTRAL, 0.0
    angle = math.degrees(math.atan2(arousal, valence))
    distances = sorted((abs((angle - place + 180) % 360 - 180), name) for name, place in _ANGLES_DEG.items())
    (nearest, name), (second, _) = distances[:2]
    return name, min(1.0, radius) * min(1.0, (second - nearest) / SEAM_DEG)
