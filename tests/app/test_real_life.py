"""The clips that people have: each ends in the right result."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

import mien

from .conftest import MakeClip, head, nobody


def two_heads(number: int) -> np.ndarray[Any, Any]:
    small = head(number)[::2, ::2]
    framed = np.full((256, 160, 3), 90, np.uint8)
    framed[64:192, 16:144] = small[:, ::-1]
    return np.concatenate([head(number), framed], axis=1)


def covered(number: int) -> np.ndarray[Any, Any]:
    """A hand-like patch passes over the mouth."""
    image = head(number)
    if 4 <= number < 8:
        image[140:190, 80:190] = (205, 150, 120)
    return image


def cut_to_nobody(number: int) -> np.ndarray[Any, Any]:
    return head(number) if number < 6 else nobody(number)


def comes_and_goes(number: int) -> np.ndarray[Any, Any]:
    """The face slides out of the picture, is away for half a second, and comes back the same way."""
    out = round(256 * np.clip(min(number - 14, 62 - number) / 16, 0, 1))
    image = np.full((256, 256, 3), 90, np.uint8)
    image[:, : 256 - out] = head(0)[:, out:]
    return image


def cut_to_another(number: int) -> np.ndarray[Any, Any]:
    return head(number) if number < 6 else np.ascontiguousarray(head(number)[:, ::-1] // 2 + 40)


def tiny(number: int) -> np.ndarray[Any, Any]:
    """A face of about 64 px in a picture of HD's shape."""
    image = np.full((180, 320, 3), 120, np.uint8)
    image[30:158, 100:228] = head(number)[::2, ::2]
    return image


def large(number: int) -> np.ndarray[Any, Any]:
    scaled = head(number).repeat(8, axis=0).repeat(8, axis=1)
    return np.pad(scaled, ((56, 56), (896, 896), (0, 0)), constant_values=80)


CASES: dict[str, dict[str, Any]] = {
    "29.97": {"rate": Fraction(30000, 1001), "time_base": Fraction(1, 30000)},
    "variable rate": {"pts": [0, 512, 600, 1536, 1600, 2500, 3072, 4000, 4608], "time_base": Fraction(1, 12800)},
    "odd size": {"painter": lambda number: head(number)[:253, :255], "pixel_format": "yuv444p"},
    "10 bits": {"codec": "libx265", "pixel_format": "yuv420p10le", "options": (("x265-params", "log-level=0"),)},
    "grey": {"pixel_format": "gray"},
    "no sound": {"audio": 0},
    "two sound tracks": {"audio": 2},
    "hand over the mouth": {"painter": covered},
    "cut in the middle": {"painter": cut_to_nobody},
    "two faces": {"painter": two_heads},
    "64 px face": {"painter": tiny},
    "4K": {"painter": large, "frames": 2},
}


def summary(path: Path) -> tuple[list[Fraction], int, int]:
    """Times of the frames, number of sound tracks, bits a sample: read with PyAV alone."""
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        frames = list(container.decode(stream))
        return (
            [frame.pts * frame.time_base for frame in frames],
            len(container.streams.audio),
            frames[0].format.components[0].bits,
        )


@pytest.mark.parametrize("case", CASES)
def test_every_clip_ends_in_the_right_result(make_clip: MakeClip, tmp_path: Path, case: str) -> None:
    source = make_clip("in.mp4", **CASES[case])
    result = mien.edit(source, "happy").save("out.mp4", encoder=mien.EncoderSettings(preset="ultrafast"))
    assert summary(result.output) == summary(source)
    assert result.frame_count == len(summary(source)[0])
    assert not np.array_equal(first(source), first(result.output))


def change_per_frame(source: Path, emotion: str, **options: Any) -> np.ndarray[Any, Any]:
    """Mean change of each frame before encoding, in shades of 255."""
    analysis = mien.open(source).analyse()
    edited = mien.load("instant", **options).render(analysis, emotion)
    pairs = zip(analysis.clip.frames(), edited, strict=True)
    return np.array([np.abs(before.rgb().astype(float) - after.rgb()).mean() for before, after in pairs])


def test_the_edit_goes_and_comes_back_with_the_face(make_clip: MakeClip) -> None:
    """Away at frames 30 to 46; the change of the edit from frame to frame is that of its fade, so that nothing pops."""
    change = change_per_frame(make_clip("in.mp4", comes_and_goes, frames=76), "surprised", lips=0.3)
    assert (change[30:47] == 0).all()
    assert change[:12].min() > 0.8 * change[:12].max() > 0.1
    assert change[68:].min() > 0.8 * change[68:].max() > 0.1
    assert np.abs(np.diff(change)).max() < 0.4 * change.max()


def test_a_cut_is_clean(make_clip: MakeClip) -> None:
    """Full strength in the last frame before it and in the first after it: an edit does not fade at cuts."""
    change = change_per_frame(make_clip("in.mp4", cut_to_another), "happy")
    assert len(mien.open("in.mp4").analyse().shots) == 2
    for shot in (change[:6], change[6:]):  # the two show other faces, which change by other amounts
        assert shot.min() > 0.9 * shot.max() > 0


def first(path: Path) -> np.ndarray[Any, Any]:
    return np.asarray(next(iter(mien.open(path).frames())).rgb())


def test_a_rotated_phone_video_stays_rotated(make_clip: MakeClip) -> None:
    source = make_clip("in.mp4", lambda number: np.ascontiguousarray(np.rot90(head(number))), rotation_deg=-90)
    if mien.open(source).analyse().faces == ():  # the sign of PyAV's angle is not what this test is about
        source = make_clip("in.mp4", lambda number: np.ascontiguousarray(np.rot90(head(number), -1)), rotation_deg=-90)
    result = mien.edit(source, "happy").save("out.mp4")
    assert mien.Clip.open(result.output).info.rotation_deg == mien.Clip.open(source).info.rotation_deg != 0
    change = np.abs(first(source).astype(int) - first(result.output))
    assert change[100:180, 80:180].max() > 20  # the mouth, upright


def test_a_cut_off_recording_is_edited_as_far_as_it_goes(make_clip: MakeClip, tmp_path: Path) -> None:
    whole = make_clip("whole.mkv", frames=12, options=(("crf", "12"), ("preset", "veryfast"), ("g", "1")), audio=0)
    source = tmp_path / "in.mkv"
    source.write_bytes(whole.read_bytes()[: whole.stat().st_size * 3 // 4])
    result = mien.edit(source, "happy").save("out.mkv")
    assert 2 <= result.frame_count < 12
    assert len(summary(result.output)[0]) == result.frame_count


def test_frames_outside_the_time_range_and_neutral_ones_are_untouched(head_clip: Path) -> None:
    analysis = mien.open(head_clip).analyse()
    span = mien.TimeRange(0.1, 0.3)
    frames = list(mien.load("instant").render(analysis, "angry", time_range=span))
    source = list(mien.open(head_clip).frames())
    for before, after in zip(source, frames, strict=True):
        same = np.array_equal(before.rgb(), after.rgb())
        assert same == (not 0.1 <= before.time_s < 0.3)
    for before, after in zip(source, mien.load("instant").render(analysis, "happy 0"), strict=True):
        np.testing.assert_array_equal(before.rgb(), after.rgb())


def test_each_face_has_its_own_emotion(make_clip: MakeClip) -> None:
    analysis = mien.open(make_clip("in.mp4", two_heads, frames=3)).analyse()
    source = [frame.rgb().astype(int) for frame in analysis.clip.frames()]

    def changed(emotion: Any, **options: Any) -> tuple[bool, bool]:
        frames = mien.load("instant").render(analysis, emotion, **options)
        change = [np.abs(frame.rgb() - before) for frame, before in zip(frames, source, strict=True)]
        return max(c[:, :220].max() for c in change) > 20, max(c[:, 272:].max() for c in change) > 20

    assert changed("happy") == (True, False)
    assert changed("happy", face=2) == (False, True)
    assert changed("happy", face="all") == (True, True)
    assert changed({2: "sad", 1: "neutral"}) == (False, True)
    with pytest.raises(mien.NoFaceError):
        changed("happy", face=3)


def test_an_image_is_a_clip_of_one_frame(tmp_path: Path) -> None:
    picture = av.VideoFrame.from_ndarray(head(0), format="rgb24")
    encoder: Any = av.CodecContext.create("png", "w")
    encoder.width, encoder.height, encoder.pix_fmt, encoder.time_base = 256, 256, "rgb24", Fraction(1)
    (tmp_path / "in.png").write_bytes(b"".join(bytes(p) for p in [*encoder.encode(picture), *encoder.encode(None)]))
    result = mien.edit("in.png", "happy").save("out.png")
    change = np.abs(first(result.output).astype(int) - head(0))
    assert change[100:180, 80:180].max() > 20
    assert change[:8].max() == 0


def test_a_system_object_of_ones_own(head_clip: Path) -> None:
    """DESIGN: ``system=`` also takes any object with the contract. It cannot be written down, so no edit file is."""

    class Untouched:
        name = "untouched"

        def face_renderer(self, *_told: Any) -> Any:
            return self

        def render(self, frame: mien.Frame) -> mien.Frame:
            return frame

    result = mien.edit(head_clip, "happy", system=Untouched()).save("out.mkv", encoder=mien.EncoderSettings("ffv1"))
    assert result.edit_file is None
    np.testing.assert_array_equal(first(head_clip), first(result.output))
    with pytest.raises(mien.InputError, match="lips"):
        mien.edit(head_clip, "happy", system=Untouched(), lips=0.5)
