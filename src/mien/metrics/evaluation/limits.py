"""What figures are held against: one table of limits, each with its reason.

``good`` is what mien asks of itself. ``fault`` is where a viewer would reject the clip; it lies beyond what clean edits
of the development clips show, some of which is noise of the ruler, and short of what planted faults show. Between
the two a figure calls for a look.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

from mien.metrics.evaluation.evaluation import Verdict


@dataclass(frozen=True, slots=True)
class Limit:
    """What one figure is held against.

    Attributes:
        better: Which way it improves.
        good: Up to here (lower is better) or from here on (higher is better) it is good.
        fault: Beyond this it is a fault; None where it never is one.
        asked: ``good`` in words.
        reason: Where the two numbers come from.
    """

    better: Literal["higher", "lower"]
    good: float
    fault: float | None
    asked: str
    reason: str

    def verdict(self, value: float) -> Verdict:
        """The verdict on a value; what is not a number is not available."""
        if math.isnan(value):
            return "unavailable"
        sign = 1.0 if self.better == "lower" else -1.0
        if sign * value <= sign * self.good:
            return "good"
        return "fault" if self.fault is not None and sign * value > sign * self.fault else "attention"


LIMITS: dict[str, Limit] = {
    "lip_correlation": Limit(
        "higher", 0.98, 0.85, "at least 0.98",
        "0.98 is the design's. Clean edits go down to 0.95 (disgust, sadness); lips two frames late show 0.3 to 0.8",
    ),
    "lip_difference": Limit(
        "lower", 0.02, 0.06, "at most 0.02",
        "0.02 eye distances is the design's: a tenth of a wide open mouth. Clean edits reach 0.04",
    ),
    "lip_lag": Limit(
        "lower", 0.5, 1.5, "none",
        "viewers notice lips 45 ms late or 125 ms early (ITU-R BT.1359); two frames are 67 to 80 ms. "
        "One frame may be the ruler's",
    ),
    "picture_lag": Limit("lower", 0.5, 1.5, "none", "as the lips' lag; here head and face move late together"),
    "frozen_mouth": Limit(
        "lower", 0.0, 0.4, "none",
        "half a second of still lips in speech is seen; shorter stretches happen where the source mumbles",
    ),
    "jitter_ratio": Limit(
        "lower", 1.05, 1.6, "at most 1.05",
        "1.05 is the design's. Clean edits reach 1.45, much of it the ruler's: noise grows where features move",
    ),
    "jitter_added": Limit("lower", 0.75, 1.0, "at most 0.75",
        "clean edits show 0.4 to 0.66, the ruler's noise in two clips; steps of 1.5 % of the eye distance show 1.5"),
    "pose_drift": Limit(
        "lower", 1.5, 7.0, "at most 1.5°",
        "1.5° is the design's. Clean edits reach 4.1°: the ruler reads raised brows as a nod",
    ),
    "largest_jump": Limit(
        "lower", 1.0, 2.0, "at most 1",
        "1 is the design's: no jump larger than the source's own. Clean edits show 0.2 to 0.54",
    ),
    "repeated_frames": Limit(
        "lower", 0.0, 1.5, "none",
        "faces that belong to another frame are seen as hitches; one may be a frame that a coarse encoder held",
    ),
    "mouth_inside": Limit(
        "lower", 1.15, None, "at most 1.15",
        "clean edits show 0.85 to 1.14; no fault is named before flickering renders were seen",
    ),
    "face_found": Limit(
        "higher", 99.0, 95.0, "at least 99 %", "a face that a detector loses is damaged, or hidden by something new"
    ),
    "background_change": Limit(
        "lower", 4.5, 7.0, "nothing beyond what encoding explains",
        "encoding moves the means of 16 px blocks by 2.5 to 5.5 shades of 255 at usual quality; a coarser encoder "
        "moves them farther, and the limits grow with its error",
    ),
    "background_error": Limit(
        "lower", 2.5, 6.0, "at most 2.5",
        "edits at usual quality show 0.2 to 0.95, the same encoded a second time at 35 (CRF) 4.2; beyond 6 the "
        "background is another one, or ruined",
    ),
    "face_sharpness": Limit(
        "higher", 0.9, 0.6, "at least 0.9 of the source's", "clean edits show 0.93 to 1.1; 0.6 is a visible blur"
    ),
    "frame_times": Limit(
        "lower", 0.0, 0.5, "exactly the source's",
        "half a tick of the coarser time base is what a container's rounding explains; held against it in such ticks",
    ),
    "frame_count": Limit("lower", 0.0, 0.5, "as many as the source", "a lost frame shifts what follows or stalls"),
    "sound": Limit("lower", 0.0, None, "the source's packets", "sound is copied, not encoded again"),
}  # fmt: skip
"""Figure's key to its limits."""
