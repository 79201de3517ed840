"""Real pixels: the portrait, edited, and measured by the tracker's network on the result."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

from mien.emotion.track import EmotionTrack
from mien.reconstruction.analysis import AnalysedFace, Analysis
from mien.systems.base import PreparingSystem
from mien.systems.instant.config import InstantConfig
from mien.systems.instant.system import Instant
from mien.tracking.face_mesh import FaceMesh
from mien.tracking.face_track import FaceTrack
from mien.tracking.region import Region
from mien.types import DoubleArray
from mien.video.frame import Frame

STEPS = np.array([0.0, 0.25, 0.5, 0.75, 1.0])
RIGHT_CORNER, LEFT_CORNER, RIGHT_BROW, LEFT_BROW = 61, 291, 105, 334
Measure = Callable[[Frame], DoubleArray]


@pytest.fixture(scope="module")
def measure(still: Analysis) -> Iterator[Measure]:
    """Heights of lip corners and brows over the bridge of the nose, and the lips' distance, in eye distances.

    The network looks at the same region each time, so that what differs is the picture.
    """
    mesh = FaceMesh()
    region = Region.around(still.faces[0].track.landmarks(0, 1)[0] + np.array([0.5, 0.5, 0.0], np.float32))

    def heights(frame: Frame) -> DoubleArray:
        points = mesh.read(frame.rgb(), region).landmarks.astype(np.float64)
        eyes = points[263] - points[33]
        down = np.array([-eyes[1], eyes[0]]) / np.hypot(*eyes[:2])
        size = np.linalg.norm(eyes)
        chosen = points[[RIGHT_CORNER, LEFT_CORNER, RIGHT_BROW, LEFT_BROW]]
        lips = np.linalg.norm(points[13] - points[14])
        return np.append(-(chosen[:, :2] - points[168, :2]) @ down, lips) / size

    yield heights
    mesh.close()


def edited(analysis: Analysis, face: AnalysedFace, emotion: str, index: int = 0, **settings: Any) -> Frame:
    renderer = Instant(InstantConfig(**settings)).face_renderer(analysis, face, EmotionTrack.parse(emotion))
    return renderer.render(frames(analysis)[index])


def frames(analysis: Analysis) -> list[Frame]:
    return list(analysis.clip.frames())


def expressionless(face: AnalysedFace) -> AnalysedFace:
    """The same picture, taken for a face at rest: so that nothing saturates."""
    parameters = dataclasses.replace(face.parameters, beta=np.zeros_like(face.parameters.beta))
    return dataclasses.replace(face, parameters=parameters)


def straightness(values: DoubleArray) -> float:
    """R² of a line through values at STEPS."""
    return float(np.corrcoef(STEPS, values)[0, 1] ** 2)


@pytest.mark.parametrize(("emotion", "columns", "least"), [("sad", [0, 1], -0.08), ("surprised", [2, 3], 0.06)])
def test_the_response_is_linear_in_intensity(
    still: Analysis, measure: Measure, emotion: str, columns: list[int], least: float
) -> None:
    """Lip corners of a smiling face that is made sad, and brows of a surprised one."""
    found = np.array([measure(edited(still, still.faces[0], f"{emotion} {step}")) for step in STEPS])
    rise = found - found[0]
    for column in columns:
        assert straightness(found[:, column]) >= 0.98
        assert rise[-1, column] / least > 1


def test_contempt_moves_one_corner(still: Analysis, measure: Measure) -> None:
    face = expressionless(still.faces[0])
    found = np.array([measure(edited(still, face, f"contempt {step}")) for step in STEPS])
    rise = found - found[0]
    assert rise[-1, 0] > 0.02  # the person's right
    assert abs(rise[-1, 1]) < 0.3 * rise[-1, 0]
    # Pixels, too: the left half of the mouth (the image's right) hardly changes.
    before = frames(still)[0].rgb().astype(int)
    change = np.abs(edited(still, face, "contempt").rgb() - before).max(axis=-1)
    right, left = still.faces[0].track.landmarks(0, 1)[0][[RIGHT_CORNER, LEFT_CORNER], :2].round().astype(int)
    around = [change[y - 6 : y + 7, x - 6 : x + 7].mean() for x, y in (right, left)]
    assert around[0] > 3 * around[1]


def test_kept_lips_stay_as_far_apart_and_free_ones_open(still: Analysis, measure: Measure) -> None:
    opening = {lips: measure(edited(still, still.faces[0], "surprised", lips=lips))[4] for lips in (0.0, 0.5, 1.0)}
    source = measure(frames(still)[0])[4]
    assert opening[1.0] == pytest.approx(source, abs=0.02)
    assert opening[0.0] > source + 0.1
    assert opening[1.0] < opening[0.5] < opening[0.0]


def test_a_shown_smile_is_not_doubled(still: Analysis, measure: Measure) -> None:
    """The portrait smiles fully already, so "happy" adds little; to a face at rest it would add much."""
    source = measure(frames(still)[0])[:2].mean()
    smiling = measure(edited(still, still.faces[0], "happy"))[:2].mean() - source
    resting = measure(edited(still, expressionless(still.faces[0]), "happy"))[:2].mean() - source
    assert resting > 0.04
    assert abs(smiling) < 0.3 * resting


def test_the_fade_of_a_track_is_kept(moving: Analysis) -> None:
    """The edit goes with the face: none where its fade is 0, all where it is 1, in between part of it."""
    (face,) = moving.faces
    fade = np.array([0, 0, 0, 0, 0, 0.25, 0.5, 0.75, 1, 1, 1, 1, 1, 1], np.float32)
    fading = dataclasses.replace(face, track=dataclasses.replace(face.track, fade=fade))
    track = EmotionTrack.parse("sad")
    partly = Instant().face_renderer(moving, fading, track)
    whole = Instant().face_renderer(moving, face, track)
    size = []
    for frame in moving.clip.frames():
        before, after = frame.rgb().astype(int), partly.render(frame)
        if fade[frame.index] == 0:
            assert after is frame
        size.append(np.abs(after.rgb() - before).mean())
        if frame.index >= 10:
            np.testing.assert_array_equal(after.rgb(), whole.render(frame).rgb())
    assert (np.diff(size[4:9]) > 0).all()


def test_an_emotion_that_sets_in_at_once_is_smoothed_over_three_frames(moving: Analysis) -> None:
    """Keyframes a millisecond apart: off at frame 6, on at 7. Under Hann's window frame 6 has a quarter, 7 three."""
    (face,) = moving.faces
    track = EmotionTrack.parse("0 neutral, 0.279 neutral, 0.28 sad")

    def changed(smoothing: int) -> list[bool]:
        renderer = Instant(InstantConfig(smoothing_frames=smoothing)).face_renderer(moving, face, track)
        return [renderer.render(frame) is not frame for frame in moving.clip.frames()]

    assert changed(1) == [index >= 7 for index in range(14)]
    assert changed(3) == [index >= 6 for index in range(14)]
    assert changed(5) == [index >= 5 for index in range(14)]


def test_the_edit_goes_along_with_a_moving_face(moving: Analysis) -> None:
    """The picture moves by 2 px a frame; so does its edit, up to what tracking a quarter of a pixel off changes."""
    (face,) = moving.faces
    renderer = Instant().face_renderer(moving, face, EmotionTrack.parse("sad"))
    change = [renderer.render(frame).rgb().astype(float) - frame.rgb() for frame in moving.clip.frames()]
    first, last = change[4], change[9]
    shift = 5 * 2
    np.testing.assert_array_less(np.abs(last[:, shift:] - first[:, :-shift]).mean(), 0.35 * np.abs(first).mean())
    assert np.corrcoef(last[:, shift:].ravel(), first[:, :-shift].ravel())[0, 1] > 0.9


def test_a_face_without_light_is_edited_under_a_soft_one(still: Analysis, measure: Measure) -> None:
    face = still.faces[0]
    unlit = dataclasses.replace(face, parameters=dataclasses.replace(face.parameters, light=None))
    result = edited(still, unlit, "surprised")
    assert np.isfinite(result.rgb()).all()
    assert measure(result)[2] > measure(frames(still)[0])[2] + 0.05


@pytest.mark.parametrize("shift", [(-190.0, 0.0), (0.0, -120.0), (170.0, 150.0), (5000.0, 0.0)])
def test_a_face_partly_or_wholly_outside_is_edited_as_far_as_it_is_seen(
    still: Analysis, shift: tuple[float, float]
) -> None:
    face = still.faces[0]
    points = face.track.landmarks(0, 1) + np.array([*shift, 0.0], np.float32)
    beside = dataclasses.replace(face, track=FaceTrack.from_array(points))
    result = edited(still, beside, "angry", lips=0.0)
    assert result.rgb().shape == frames(still)[0].rgb().shape
    if shift[0] > 1000:
        assert result is frames(still)[0] or np.array_equal(result.rgb(), frames(still)[0].rgb())


def test_each_of_two_faces_has_its_own_emotion(couple: Analysis) -> None:
    """The second is edited on top of the first, and neither touches the other's side."""
    source = frames(couple)[1]
    first = edited(couple, couple.shots[0].faces[0], "sad", 1)
    second = edited(couple, couple.shots[0].faces[1], "surprised", 1)
    one, two = (frame.rgb().astype(int) - source.rgb() for frame in (first, second))
    assert np.abs(one[:, :360]).max() > 20
    assert np.abs(one[:, 400:]).max() == 0
    assert np.abs(two[:, 400:]).max() > 20
    assert np.abs(two[:, :300]).max() == 0
    renderer = Instant().face_renderer(couple, couple.shots[0].faces[1], EmotionTrack.parse("surprised"))
    both = renderer.render(first).rgb().astype(int) - source.rgb()
    np.testing.assert_array_equal(both, one + two)


def test_preparing_builds_the_kit_that_renderers_use(still: Analysis, monkeypatch: pytest.MonkeyPatch) -> None:
    from mien.systems.instant import face as module

    module.builtin_kit.cache_clear()
    system = Instant()
    assert isinstance(system, PreparingSystem)
    system.prepare()
    kit = module.builtin_kit()
    monkeypatch.setattr(module.Kit, "of", lambda _model: pytest.fail("the kit was built again"))
    renderer = system.face_renderer(still, still.faces[0], EmotionTrack.parse("happy"))
    assert renderer.render(frames(still)[0]) is not frames(still)[0]
    assert module.builtin_kit() is kit


def test_landmarks_move_as_the_pixels_do(still: Analysis, measure: Measure) -> None:
    """Nothing moves in neutral. A tracker of the result sees most of what moved the lip corners, and some of the brows.

    How much of a raised brow a tracker reads depends on the face; it is less than was moved.
    """
    (face,) = still.faces
    rested = expressionless(face)
    source = face.track.landmarks(0, 1)[0].astype(np.float64)

    def moved(emotion: str) -> DoubleArray:
        renderer = Instant().face_renderer(still, rested, EmotionTrack.parse(emotion))
        return renderer.moved_landmarks(0)

    np.testing.assert_array_equal(moved("neutral"), source)
    eye_distance = np.linalg.norm(source[263] - source[33])
    for emotion, rows in (("happy 1", [RIGHT_CORNER, LEFT_CORNER]), ("surprised 1", [RIGHT_BROW, LEFT_BROW])):
        known = -(moved(emotion) - source)[rows, 1] / eye_distance
        columns = slice(0, 2) if emotion.startswith("happy") else slice(2, 4)
        read = (measure(edited(still, rested, emotion)) - measure(edited(still, rested, "neutral")))[columns]
        assert np.all(known > 0.03)
        assert np.all(read > 0.3 * known)
        assert np.all(read < 1.25 * known)
    np.testing.assert_array_equal(moved("surprised 1")[468:], source[468:])  # the eyeballs stay
