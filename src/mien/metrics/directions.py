"""Which way each metric improves, and from which difference on two clips are told apart: the one table.

Below ``even``, naming a better one would be naming noise. For our own figures it is about twice what encoding a clip
once more (H.264, CRF 16) changed: 0.0035 in recognition, 0.002 in the lips' correlation and 0.0009 eye distances in
their opening, 0.015 in trembling, 0.04° in pose, 0.003 in sharpness, and 0.7 shades in the largest change of the
background, measured on the example clip edited to "happy 1". For published metrics it is about the last digit that the
papers print.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

Better = Literal["higher", "lower", ""]


@dataclass(frozen=True, slots=True)
class Direction:
    """Which way a metric improves.

    Attributes:
        better: ``higher``, ``lower``, or empty where more is neither better nor worse.
        even: Differences up to this count as none.
        reason: Why there is no better, where there is none.
    """

    better: Better
    even: float = 0.0
    reason: str = ""


DIRECTIONS: dict[str, Direction] = {
    # Expression
    "recognised": Direction("higher", 0.01),
    "action_rise": Direction("", 0.0, "how strong the expression is; which strength is right is what was asked for"),
    "emotion_accuracy": Direction("higher", 0.005),
    "acc_emo": Direction("higher", 0.005),
    "ce_type": Direction("lower", 0.01),
    "ce_level": Direction("lower", 0.01),
    "fed": Direction("lower", 0.01),
    "lie": Direction("lower", 0.01),
    "r_squared": Direction("higher", 0.005),
    "linearity": Direction("higher", 0.005),
    "aed (fg-emotalk, emotion coefficients)": Direction("lower", 0.0005),
    "mae (fg-emotalk, expression)": Direction("lower", 0.005),
    # Lips and sound
    "lip_correlation": Direction("higher", 0.005),
    "lip_difference": Direction("lower", 0.002),
    "lip_lag": Direction("lower"),
    "picture_lag": Direction("lower"),
    "frozen_mouth": Direction("lower", 0.05),
    "lse-d": Direction("lower", 0.01),
    "lse-c": Direction("higher", 0.01),
    "css": Direction("higher", 0.01),
    "lmd": Direction("lower", 0.01),
    "lmd[eye distances]": Direction("lower", 0.0005),
    # Steadiness
    "jitter_ratio": Direction("lower", 0.03),
    "jitter_worst": Direction("lower", 0.1),
    "jitter_added": Direction("lower", 0.02),
    "target_pose": Direction("lower", 0.1),
    "pose_drift": Direction("lower", 0.1),
    "apd (fg-emotalk, pose)": Direction("lower", 0.0005),
    "mae (fg-emotalk, pose)": Direction("lower", 0.0005),
    "largest_jump": Direction("lower", 0.05),
    "repeated_frames": Direction("lower"),
    "face_found": Direction("higher", 0.5),
    "mouth_inside": Direction("lower", 0.01),
    # Same person
    "id": Direction("higher", 0.002),
    # Picture
    "background_change": Direction("lower", 0.75),
    "background_error": Direction("lower", 0.05),
    "background_psnr": Direction("higher", 0.05),
    "background_ssim": Direction("higher", 0.002),
    "face_sharpness": Direction("higher", 0.02),
    "cpbd": Direction("higher", 0.002),
    "psnr": Direction("higher", 0.05),
    "ssim": Direction("higher", 0.002),
    "lpips": Direction("lower", 0.002),
    "lpips-alex": Direction("lower", 0.002),
    "lpips-vgg": Direction("lower", 0.002),
    "fid": Direction("lower", 0.1),
    "fapd (ned, face pixels)": Direction("lower", 0.05),
    "apd (ned, pixels)": Direction("lower", 0.05),
    "mapd (ned, mouth pixels)": Direction("lower", 0.05),
    # Timing
    "frame_times": Direction("lower"),
    "frame_count": Direction("lower"),
    "sound": Direction("lower"),
}
"""Name of a figure, in small letters, to its direction: without the network in brackets and what follows a colon, but
for names in which the brackets hold a unit. What two papers call the same has the paper in its name."""


def direction_of(key: str) -> Direction | None:
    """The direction of a figure, such as ``LIE[mini-xception]`` or ``recognised[…]:happy``.

    Returns:
        ``None`` where the table does not have it.
    """
    name = key.lower()
    plain = re.split(r"[\[:]", name, maxsplit=1)[0].strip()
    bare = plain.partition("(")[0].strip().replace(" ", "_")
    return DIRECTIONS.get(name) or DIRECTIONS.get(plain) or DIRECTIONS.get(bare)


def better_of(direction: Direction, first: float, second: float) -> Literal["first", "second", "even", ""]:
    """Which of two values is better: ``even`` within the direction's tolerance, empty where neither way is better."""
    if not direction.better:
        return ""
    # A hair more than the tolerance: 0.985 - 0.98 is not below 0.005 in binary.
    if abs(first - second) <= direction.even * (1 + 1e-9):
        return "even"
    return "first" if (first > second) == (direction.better == "higher") else "second"
