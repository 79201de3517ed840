"""The moments of a clip that are worth a picture: where a measure is worst, and where each emotion is strongest."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from mien.app.clip_report import face_box
from mien.app.evaluation.page.stills import Still, cut, signed, whole
from mien.app.evaluation.page.words import by_severity
from mien.emotion.track import EmotionTrack
from mien.emotion.vocabulary import EMOTIONS
from mien.errors import ClipError, EmotionError
from mien.metrics.evaluation.evaluation import Evaluation, Figure, Group, Verdict
from mien.reconstruction.analysis import Analysis
from mien.types import AnyArray, Box
from mien.video.claim import EditClaim
from mien.video.clip import Clip
from mien.video.frame import Frame

MOST_WORST = 16
"""Moments shown because something is worst there; beyond them the table names the frames."""

MOST_PEAKS = 4
"""Moments shown because an emotion is strongest there."""

PICTURE_BYTES = 6_500_000
"""Of all pictures of a page, as JPEG; a third more as text. With curves and tables a page stays under 10 MB."""

SIZES = ((2160, 2160), (1440, 1920), (1080, 1280), (800, 960), (600, 640))
"""Longest sides of a face and of a whole frame, px, tried until a moment's pictures are small enough."""

SERIOUS: frozenset[Verdict] = frozenset({"fault", "attention"})

_WHOLE: frozenset[Group] = frozenset({"picture", "timing"})
"""Groups that the whole frame tells more about than the face."""

_FACE_MARGIN = 0.3
_SAME_TIME_S = 1e-3
"""Times written in different time bases differ by less, and frames of one clip by more."""


@dataclass(frozen=True, slots=True)
class Moment:
    """One moment, before and after.

    Attributes:
        frame: Index in the result.
        time_s: Of that frame.
        figures: What is worst here, the worst verdict first.
        peak: What is asked for here, in words; empty where it is not a peak.
        faces: The face before and after, cut out; ``None`` where none is found, or where the face is not the matter.
        frames: The whole frame before and after; ``None`` where nothing is wrong and the face tells enough.
    """

    frame: int
    time_s: float
    figures: tuple[Figure, ...]
    peak: str
    faces: tuple[Still, Still] | None
    frames: tuple[Still, Still] | None

    @property
    def serious(self) -> bool:
        """Whether something is wrong here, or calls for a look."""
        return any(figure.verdict in SERIOUS for figure in self.figures)

    @property
    def main(self) -> tuple[Still, Still]:
        """The pictures that tell most."""
        pair = self.faces or self.frames
        assert pair is not None  # one of them always is
        return pair


def wanted(evaluation: Evaluation) -> tuple[dict[int, list[Figure]], dict[int, str]]:
    """Which frames of the result to show.

    Returns:
        Frame to the figures that are worst there, the worst verdicts kept where there are too many; and frame to what
        is asked for at its peak.
    """
    worst: dict[int, list[Figure]] = {}
    for figure in by_severity([f for f in evaluation.figures if f.worst_frame is not None]):
        assert figure.worst_frame is not None
        if figure.worst_frame in worst or len(worst) < MOST_WORST:
            worst.setdefault(figure.worst_frame, []).append(figure)
    return worst, _peaks(evaluation)


def find_moments(evaluation: Evaluation, analysis: Analysis, claim: EditClaim | None) -> list[Moment]:
    """Decode the moments of a clip, each clip once and a frame at a time.

    Args:
        evaluation: Names the clips and the frames.
        analysis: Of the source.
        claim: What was done to the result: its pictures are signed with it.

    Returns:
        In order of time.

    Raises:
        ClipError: A clip cannot be read, or a frame named is not in it.
    """
    worst, peaks = wanted(evaluation)
    shown = sorted({*worst, *peaks})
    share = PICTURE_BYTES // max(1, len(shown))
    found: list[Moment] = []
    for before, after in _pairs(Clip.open(evaluation.source), Clip.open(evaluation.result), shown):
        box = _face_square(before, after, analysis)
        figures = tuple(worst.get(after.index, ()))
        serious = any(figure.verdict in SERIOUS for figure in figures)
        faced = box is not None and (serious or after.index in peaks or any(f.group not in _WHOLE for f in figures))
        for face_side, frame_side in SIZES:
            faces = None
            if faced and box is not None:
                faces = cut(before, box, face_side), cut(after, _moved(box, before, after), face_side)
            frames = (whole(before, frame_side), whole(after, frame_side)) if serious or faces is None else None
            if sum(len(still.jpeg) for still in (*(frames or ()), *(faces or ()))) <= share:
                break
        found.append(Moment(after.index, after.time_s, figures, peaks.get(after.index, ""), faces, frames))
    return _signed(found, claim)


def _signed(moments: Sequence[Moment], claim: EditClaim | None) -> list[Moment]:
    """The moments with every picture of the result signed; those of the source were not edited."""
    edited = [pair[1] for moment in moments for pair in (moment.frames, moment.faces) if pair is not None]
    done = iter(signed(edited, claim))
    return [
        replace(
            moment,
            frames=None if moment.frames is None else (moment.frames[0], next(done)),
            faces=None if moment.faces is None else (moment.faces[0], next(done)),
        )
        for moment in moments
    ]


def _pairs(source: Clip, result: Clip, frames: Sequence[int]) -> Iterator[tuple[Frame, Frame]]:
    """Frames of the result, each with the source's frame that is on the screen at its time."""
    ahead = source.frames()
    shown, following = next(ahead, None), next(ahead, None)
    if shown is None:
        raise ClipError(f"{source.path}: has no frame.")
    left = list(frames)
    for frame in result.frames(0, max(frames, default=-1) + 1):
        if frame.index != left[0]:
            continue
        while following is not None and following.time_s <= frame.time_s + _SAME_TIME_S:
            shown, following = following, next(ahead, None)
        yield shown, frame
        left.pop(0)
    if left:
        raise ClipError(f"{result.path}: has no frame {left[0]}, which the evaluation names; was it replaced since?")


def _face_square(before: Frame, after: Frame, analysis: Analysis) -> Box | None:
    """A generous square round the face that the edit changed most, as far as the frame reaches."""
    boxes = [face_box(face, before, _FACE_MARGIN) for face in analysis.faces_at(before.index)]
    boxes = [box for box in boxes if not box.empty]
    if not boxes:
        return None
    box = boxes[0] if len(boxes) == 1 else max(boxes, key=lambda box: _change(before, after, box))
    aspect = float(before.pixel_aspect)
    half = max(box.width * aspect, float(box.height)) / 2
    x, y = (box.x0 + box.x1) / 2, (box.y0 + box.y1) / 2
    square = Box(round(x - half / aspect), round(y - half), round(x + half / aspect), round(y + half))
    return square.clipped(before.width, before.height)


def _change(before: Frame, after: Frame, box: Box) -> float:
    if (before.width, before.height) != (after.width, after.height):
        return 0.0
    return float(np.abs(after.crop(box) - before.crop(box)).mean())


def _moved(box: Box, before: Frame, after: Frame) -> Box:
    """The same place in a result of another size."""
    across, down = after.width / before.width, after.height / before.height
    moved = Box(round(box.x0 * across), round(box.y0 * down), round(box.x1 * across), round(box.y1 * down))
    return moved.clipped(after.width, after.height)


def _peaks(evaluation: Evaluation) -> dict[int, str]:
    """Frame to what is asked for there, for the strongest moment of each emotion; the middle if nothing is known."""
    count = evaluation.frames
    if count < 1:
        return {}
    try:
        track = EmotionTrack.parse(evaluation.emotion)
    except EmotionError:  # several faces, or nothing known of what was asked
        return {count // 2: "The middle of the clip"}
    step_s = evaluation.duration_s / count
    samples = track.sample(np.arange(count) * step_s)
    strongest: dict[str, tuple[float, int]] = {}
    for emotion, values in zip(EMOTIONS, samples.emotion.T, strict=True):
        if values.max() > 0:
            strongest[emotion] = float(values.max()), _middle_of_longest(values >= values.max() - 0.02)
    if not strongest and samples.action_units.max(initial=0.0) > 0:
        total = samples.action_units.sum(axis=1)
        return {_middle_of_longest(total >= total.max() * 0.98): "The action units at their strongest"}
    kept = sorted(strongest.items(), key=lambda item: -item[1][0])[:MOST_PEAKS]
    return {frame: f"{emotion.capitalize()} at {value:.2g}" for emotion, (value, frame) in kept} or {
        count // 2: "The middle of the clip"
    }


def _middle_of_longest(true: AnyArray) -> int:
    """Index in the middle of the longest run of true values."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], true, [False]]).astype(np.int8)))
    starts, stops = edges[::2], edges[1::2]
    longest = int((stops - starts).argmax())
    return int((starts[longest] + stops[longest] - 1) // 2)
