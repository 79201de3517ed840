"""One face through one shot: from what is asked of it to its frames."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from mien.compositing.glasses import held_by_arms
from mien.compositing.placement import Placement
from mien.emotion.recipes import recipe_weights
from mien.emotion.track import EmotionTrack
from mien.geometry.camera import project_displacement
from mien.morphable.regions import LEFT_EYE_LOWER, LEFT_EYE_UPPER, RIGHT_EYE_LOWER, RIGHT_EYE_UPPER
from mien.reconstruction.analysis import AnalysedFace, Analysis
from mien.reconstruction.parameters import Light
from mien.reconstruction.windows import hann_smooth, steady_activity
from mien.systems.instant.color import flush
from mien.systems.instant.config import InstantConfig
from mien.systems.instant.edit import FaceState, Kit, Room, edit_crop, movement
from mien.systems.instant.openness import eye_openness
from mien.systems.instant.shape import added_activity
from mien.tracking.landmark_reader import LandmarkReader
from mien.types import DoubleArray, Pose
from mien.video.frame import Frame

NOTHING = 1e-4
"""Added activity below which a frame is left as it is."""

UNLIT = Light(
    np.array([[2.0] * 3, [0.0] * 3, [0.5] * 3, *[[0.0] * 3] * 6], np.float32), 0.0, np.full(3, 0.6, np.float32), 0.03, 0
)
"""Soft frontal light, for a face whose light could not be estimated (too few visible pixels)."""


@lru_cache(maxsize=1)
def builtin_kit() -> Kit:
    """The kit of the built-in model."""
    return Kit.builtin()


def prepare() -> None:
    """Build the kit, and load the compiled code by editing a small grey picture of the mean face once."""
    kit, side = builtin_kit(), 96
    model = kit.model
    mean = model.mean[model.landmark_vertices].astype(np.float64)
    scale = 0.7 * side / float(np.ptp(mean[:, 1]))
    middle = np.array([0.5, 0.5, 0.0]) * side
    points = (mean - mean.mean(axis=0)) * scale * np.array([1.0, -1.0, -1.0]) + middle
    eyes = ((*RIGHT_EYE_UPPER, *RIGHT_EYE_LOWER), (*LEFT_EYE_UPPER, *LEFT_EYE_LOWER))
    irises = [points[list(eye)].mean(axis=0, keepdims=True).repeat(5, axis=0) for eye in eyes]
    added = np.full(len(model.expression_names), 0.3)
    state = FaceState(
        np.concatenate([points, *irises]), Pose(np.zeros(3), scale, middle[:2]), mean, added, np.full(3, 0.01)
    )
    place = Placement.of(state.landmarks, state.pose, movement(kit, kit.lips.free, added, np.ones(2)), side, side)
    crop = np.full((place.box.height, place.box.width, 3), 0.5, np.float32)
    edit_crop(kit, InstantConfig(), UNLIT, state, crop, place)


class InstantFace:
    """One face through one shot: what each of its frames adds, worked out ahead."""

    def __init__(
        self, config: InstantConfig, kit: Kit, analysis: Analysis, face: AnalysedFace, track: EmotionTrack
    ) -> None:
        self._config, self._kit, self._face = config, kit, face
        self._basis = kit.lips.basis(config.lips)
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
        self._glasses = face.parameters.glasses if config.glasses == "auto" else None
        where, model = kit.model.landmark_vertices, kit.model
        self._neutral = model.shape(face.parameters.alpha, np.zeros(len(model.expression_names)))[where]
        self._free = None if self._glasses is None else 1.0 - held_by_arms(self._glasses, self._neutral)[:, None]
        self._expression = model.expression[where].astype(np.float64)
        self._landmarks = LandmarkReader(face.track)
        self._room = Room()

    def render(self, frame: Frame) -> Frame:
        """Edit this face in one frame; the same frame where nothing is asked."""
        row, added = frame.index - self._face.track.start, self.added(frame.index)
        if np.abs(added).max() < NOTHING:
            return frame
        landmarks = self._landmarks.at(frame.index)
        pose = self._face.parameters.pose(frame.index)
        state = FaceState(landmarks, pose, self._shape(row), added, flush(self._emotion[row]) * self._config.color)
        move = self._move(row)
        reach = self._face.parameters.reach(frame.index)
        place = Placement.of(state.landmarks, state.pose, move, frame.width, frame.height, reach)
        if place.box.empty:
            return frame
        before = frame.crop(place.box, self._room.crop.array(place.box.height, place.box.width, 3))
        after = edit_crop(self._kit, self._config, self._light, state, before, place, self._room, self._glasses)
        return frame.with_change(place.box, before, after)

    def added(self, frame_index: int) -> DoubleArray:
        """Change of each expression column in a frame of the track, ``(E,)``."""
        return np.asarray(self._added[frame_index - self._face.track.start])

    def moved_landmarks(self, frame_index: int) -> DoubleArray:
        """Where the landmarks lie in the edited frame, ``(478, 3)`` px: the source's, moved. The eyeballs stay."""
        landmarks, pose = self._landmarks.at(frame_index), self._face.parameters.pose(frame_index)
        moved = landmarks.copy()
        move = self._move(frame_index - self._face.track.start)
        moved[: len(move)] += project_displacement(move, pose)
        return moved

    def _move(self, row: int) -> DoubleArray:
        """How the vertices move ``(468, 3)``, mm."""
        move = movement(self._kit, self._basis, self._added[row], self._openness[row])
        return move if self._free is None else move * self._free

    def _shape(self, row: int) -> DoubleArray:
        """The fitted face of one frame at the tracker's vertices ``(468, 3)``, mm."""
        return np.asarray(self._neutral + self._expression @ self._face.parameters.beta[row].astype(np.float64))
