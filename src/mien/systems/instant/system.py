"""The system `instant`: any face, at once, no training."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from mien.emotion.recipes import recipe_weights
from mien.emotion.track import EmotionTrack
from mien.morphable import builtin
from mien.reconstruction.analysis import AnalysedFace, Analysis
from mien.reconstruction.parameters import Light
from mien.systems.instant.color import flush
from mien.systems.instant.config import InstantConfig
from mien.systems.instant.edit import FaceState, Kit, edit_crop, edited_box, movement
from mien.systems.instant.openness import eye_openness
from mien.systems.instant.shape import added_activity
from mien.systems.instant.windows import hann_smooth, steady_activity
from mien.types import DoubleArray, FloatArray
from mien.video.frame import Frame

NOTHING = 1e-4
"""Added activity below which a frame is left as it is."""

WINDOW_FRAMES = 64
"""Frames whose landmarks are read from disk at once."""

UNLIT = Light(
    np.array([[2.0] * 3, [0.0] * 3, [0.5] * 3, *[[0.0] * 3] * 6], np.float32), 0.0, np.full(3, 0.6, np.float32), 0.03, 0
)
"""Soft frontal light, for a face whose light could not be estimated (too few visible pixels)."""


class Instant:
    """The 3DMM moves, the frame's own pixels follow, shading and wrinkles follow the shape."""

    name = "instant"

    def __init__(self, config: InstantConfig | None = None) -> None:
        self.config = config or InstantConfig()

    def face_renderer(self, analysis: Analysis, face: AnalysedFace, track: EmotionTrack) -> InstantFace:
        """Prepare one face; see :class:`mien.systems.base.System`."""
        return InstantFace(self.config, _kit(), analysis, face, track)


@lru_cache(maxsize=1)
def _kit() -> Kit:
    return Kit.of(builtin.load())


class InstantFace:
    """One face through one shot: what each of its frames adds, worked out ahead."""

    def __init__(
        self, config: InstantConfig, kit: Kit, analysis: Analysis, face: AnalysedFace, track: EmotionTrack
    ) -> None:
        self._config, self._kit, self._face = config, kit, face
        start, stop = face.track.start, face.track.stop
        samples = track.sample(analysis.times_s[start:stop])
        target, relax = recipe_weights(samples, config.lips)
        activity = steady_activity(face.parameters.beta)
        added = hann_smooth(added_activity(activity, target, relax), config.smoothing_frames)
        # Faded after smoothing: where the face is not tracked no neighbour's edit may come in.
        self._added = added * face.track.fade[:, None]
        self._emotion = hann_smooth(samples.emotion, config.smoothing_frames) * face.track.fade[:, None]
        self._openness = hann_smooth(eye_openness(face.track), config.smoothing_frames)
        self._light = face.parameters.light or UNLIT
        self._neutral = kit.model.shape(face.parameters.alpha, np.zeros(len(kit.model.expression_names)))
        self._window: tuple[int, FloatArray] = (0, np.empty((0, 478, 3), np.float32))

    def render(self, frame: Frame) -> Frame:
        """Edit this face in one frame; the same frame where nothing is asked."""
        row = frame.index - self._face.track.start
        added = self._added[row]
        if np.abs(added).max() < NOTHING:
            return frame
        landmarks = self._landmarks(frame.index)
        pose = self._face.parameters.pose(frame.index)
        move = movement(self._kit, self._config, added, self._openness[row])
        box = edited_box(landmarks, move, pose, frame.width, frame.height)
        if box.empty:
            return frame
        state = FaceState(landmarks, pose, self._shape(row), added, flush(self._emotion[row]) * self._config.color)
        before = frame.crop(box)
        after = edit_crop(self._kit, self._config, self._light, state, before, box, move)
        return frame.with_change(box, before, after)

    def _shape(self, row: int) -> DoubleArray:
        """The fitted face of one frame at the tracker's vertices ``(468, 3)``, mm."""
        where = self._kit.model.landmark_vertices
        expression = self._kit.model.expression[where] @ self._face.parameters.beta[row].astype(np.float64)
        return np.asarray(self._neutral[where] + expression)

    def _landmarks(self, index: int) -> DoubleArray:
        """Landmarks of one frame ``(478, 3)``, read from the track a window at a time."""
        start, window = self._window
        if not start <= index < start + len(window):
            start = index
            window = self._face.track.landmarks(start, min(start + WINDOW_FRAMES, self._face.track.stop))
            self._window = (start, window)
        return np.asarray(window[index - start], np.float64)
