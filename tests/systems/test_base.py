from __future__ import annotations

import weakref
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pytest

from mien import systems
from mien.emotion.track import EmotionTrack
from mien.errors import InputError, NoFaceError
from mien.reconstruction.analysis import AnalysedFace, AnalysedShot, Analysis
from mien.systems.base import FaceChoice, System, TimeRange, render
from mien.video.frame import Frame


@dataclass
class Recorder:
    """A system of the user's own: notes what it is told and gives every frame back."""

    name: str = "recorder"
    asked: list[tuple[int, str]] = field(default_factory=list)
    seen: list[tuple[int, int]] = field(default_factory=list)

    def face_renderer(self, _analysis: Analysis, face: AnalysedFace, track: EmotionTrack) -> Any:
        self.asked.append((face.number, str(track)))
        recorder = self

        class Renderer:
            def render(self, frame: Frame) -> Frame:
                recorder.seen.append((face.number, frame.index))
                return frame

        return Renderer()


def tracks(**given: str) -> dict[FaceChoice, EmotionTrack]:
    return {int(key[1:]) if key[0] == "f" else key: EmotionTrack.parse(text) for key, text in given.items()}  # type: ignore[misc]


@pytest.mark.parametrize(
    ("given", "asked"),
    [
        (tracks(largest="happy"), {1: "happy"}),
        (tracks(all="happy"), {1: "happy", 2: "happy"}),
        (tracks(f2="sad"), {2: "sad"}),
        (tracks(f1="sad", f2="angry"), {1: "sad", 2: "angry"}),
        # A number goes before "largest", and that before "all".
        (tracks(all="happy", largest="sad"), {1: "sad", 2: "happy"}),
        (tracks(all="happy", largest="sad", f1="angry"), {1: "angry", 2: "happy"}),
        (tracks(all="happy", f2="fear"), {1: "happy", 2: "fear"}),
        (tracks(f1="happy", f7="sad"), {1: "happy"}),
    ],
)
def test_each_face_gets_its_track(
    couple: Analysis, given: Mapping[FaceChoice, EmotionTrack], asked: dict[int, str]
) -> None:
    recorder = Recorder()
    assert len(list(render(recorder, couple, given))) == couple.frame_count
    assert recorder.asked == [(number, str(EmotionTrack.parse(text))) for number, text in sorted(asked.items())]
    assert sorted(recorder.seen) == [(number, index) for number in sorted(asked) for index in range(3)]


def test_a_face_that_is_not_there_is_an_error_that_says_so(couple: Analysis) -> None:
    with pytest.raises(NoFaceError, match=r"face 3 was asked for, but .* shows 2 at most"):
        next(render(Recorder(), couple, tracks(f3="happy")))


def test_a_clip_without_a_face_is_an_error(analysed: Any) -> None:
    nobody = analysed("nobody", [np.full((96, 128, 3), 120, np.uint8)] * 2)
    with pytest.raises(NoFaceError, match="no face was found"):
        next(render(Recorder(), nobody, tracks(all="happy")))


def test_only_frames_of_the_time_range_reach_the_system(moving: Analysis) -> None:
    """Frames lie at 0, 0.04, ... 0.52 s; the range is half open."""
    recorder = Recorder()
    frames = list(render(recorder, moving, tracks(largest="happy"), TimeRange(0.08, 0.2)))
    assert [frame.index for frame in frames] == list(range(14))
    assert [index for _, index in recorder.seen] == [2, 3, 4]
    recorder.seen.clear()
    list(render(recorder, moving, tracks(largest="happy"), TimeRange(0.44)))
    assert [index for _, index in recorder.seen] == [11, 12, 13]


def test_a_face_is_let_go_when_its_shot_is_over(moving: Analysis) -> None:
    """A film of many cuts holds what one shot needs: a renderer works in megabytes of its own."""
    face, alive = moving.faces[0], weakref.WeakSet[Any]()

    class Noting(Recorder):
        def face_renderer(self, *told: Any) -> Any:
            renderer = super().face_renderer(*told)
            alive.add(renderer)
            return renderer

    shots = tuple(
        AnalysedShot(start, start + 2, (replace(face, track=replace(face.track, start=start, stop=start + 2)),))
        for start in range(0, moving.frame_count, 2)
    )
    left = [len(alive) for _ in render(Noting(), replace(moving, shots=shots), tracks(all="happy"))]
    # The loop's own name holds the last one that drew for one frame more.
    assert left[0] == len(shots)
    assert all(count <= len(shots) - max(0, index - 1) // 2 for index, count in enumerate(left))


@pytest.mark.parametrize("limits", [(-1.0, None), (2.0, 2.0), (3.0, 1.0), (float("nan"), None), (0.0, float("nan"))])
def test_time_ranges_that_hold_nothing_are_refused(limits: tuple[float, float | None]) -> None:
    with pytest.raises(InputError, match="0 <= start < stop"):
        TimeRange(*limits)


def test_unknown_systems_and_settings_are_refused_with_what_there_is() -> None:
    with pytest.raises(InputError, match="no system 'magic'; there are: instant"):
        systems.load("magic")
    with pytest.raises(InputError, match="no setting 'lip'; it has: lips, "):
        systems.load("instant", lip=1.0)


@pytest.fixture(params=list(systems.SYSTEMS))
def system(request: pytest.FixtureRequest) -> System:
    settings: dict[str, object] = {}
    if request.param == "two_level":
        pytest.importorskip("torch")
        settings["actor"] = request.getfixturevalue("actor_folder")
    loaded: System = systems.load(request.param, **settings)
    assert loaded.name == request.param
    return loaded


class TestContract:
    """What every system of the table keeps."""

    def test_neutral_gives_the_very_same_frames(self, system: System, moving: Analysis) -> None:
        for text in ("neutral", "happy 0"):
            track = EmotionTrack.parse(text)
            renderer = system.face_renderer(moving, moving.faces[0], track)
            for frame in moving.clip.frames():
                assert renderer.render(frame) is frame

    def test_a_frame_keeps_its_place_its_time_and_its_form(self, system: System, moving: Analysis) -> None:
        source = list(moving.clip.frames())
        result = list(render(system, moving, tracks(largest="surprised")))
        assert len(result) == len(source)
        for before, after in zip(source, result, strict=True):
            assert (after.index, after.pts, after.time_s) == (before.index, before.pts, before.time_s)
            assert after.format == before.format
            assert (after.rgb() != before.rgb()).any()

    def test_the_source_frame_is_never_written_to(self, system: System, still: Analysis) -> None:
        (frame,) = still.clip.frames()
        before = frame.rgb()
        system.face_renderer(still, still.faces[0], EmotionTrack.parse("angry")).render(frame)
        np.testing.assert_array_equal(frame.rgb(), before)

    def test_the_same_edit_gives_the_same_bits_in_any_order(self, system: System, moving: Analysis) -> None:
        track, source = EmotionTrack.parse("0 neutral, 0.5 sad"), list(moving.clip.frames())
        forwards = system.face_renderer(moving, moving.faces[0], track)
        first = [forwards.render(frame).rgb() for frame in source]
        backwards = system.face_renderer(moving, moving.faces[0], track)
        second = [backwards.render(frame).rgb() for frame in reversed(source)]
        for one, other in zip(first, reversed(second), strict=True):
            np.testing.assert_array_equal(one, other)

    @pytest.mark.parametrize("emotion", ["happy", "sad", "angry", "fear", "disgusted", "surprised", "contempt"])
    def test_every_emotion_changes_the_face_and_nothing_away_from_it(
        self, system: System, still: Analysis, emotion: str
    ) -> None:
        """Pixels farther than 0.6 eye distances from every landmark keep all their bits."""
        (frame,) = still.clip.frames()
        face = still.faces[0]
        changed = system.face_renderer(still, face, EmotionTrack.parse(emotion)).render(frame).rgb() != frame.rgb()
        points = face.track.landmarks(0, 1)[0, :468, :2]
        rows, columns = np.mgrid[0 : frame.height, 0 : frame.width]
        away = np.full((frame.height, frame.width), np.inf)
        for x, y in points:
            np.minimum(away, np.hypot(columns - x, rows - y), out=away)
        far = away > 0.6 * face.track.eye_distance[0]
        assert far.mean() > 0.3
        assert not changed[far].any()
        assert changed[away < 0.3 * face.track.eye_distance[0]].any(axis=-1).mean() > 0.2
