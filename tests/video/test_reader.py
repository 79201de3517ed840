"""Opening and decoding: what the clip says, every frame once, and one clear sentence for what cannot be read."""

from __future__ import annotations

import itertools
import warnings
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from mien.errors import ClipError, InputError
from mien.video import Clip, MienWarning


def test_info_of_a_plain_clip(make_clip):
    info = Clip.open(make_clip(audio=2, tags=(1, 1, 1, 1))).info
    assert (info.width, info.height, info.frame_rate, info.frame_count) == (96, 64, Fraction(25), 12)
    assert info.duration_s == pytest.approx(0.48)
    assert (info.time_base, info.start_pts) == (Fraction(1, 12800), 0)
    assert (info.pixel_format, info.bit_depth, info.chroma, info.codec) == ("yuv420p", 8, "4:2:0", "h264")
    assert (info.color_space, info.color_range, info.color_primaries, info.color_transfer) == (
        "bt709", "limited", "bt709", "bt709")  # fmt: skip
    assert (info.audio_streams, info.has_audio, info.subtitle_streams, info.data_streams) == (2, True, 0, 0)
    flags = (info.is_variable_rate, info.is_still, info.is_folder, info.is_mirrored)
    assert flags == (False, False, False, False)
    assert (info.rotation_deg, info.pixel_aspect) == (0, 1)


def test_info_of_turned_wide_pixels(make_clip):
    clip = Clip.open(make_clip(rotation_deg=-90, pixel_aspect=Fraction(4, 3)))
    assert (clip.info.width, clip.info.height, clip.info.rotation_deg) == (64, 96, 90)
    assert clip.info.pixel_aspect == Fraction(3, 4)
    frame = next(clip.frames())
    assert (frame.width, frame.height, frame.pixel_aspect) == (64, 96, Fraction(3, 4))
    assert frame.thumbnail(72).shape == (72, 36, 3)  # 64 * 3/4 = 48 wide, 96 high


@pytest.mark.parametrize(("suffix", "pts"), [(".mp4", [0, 300, 1500, 1700, 2900]), (".mkv", [0, 40, 100, 120, 400])])
def test_variable_rate_is_seen(make_clip, suffix, pts):
    base = Fraction(1, 12800 if suffix == ".mp4" else 1000)
    assert Clip.open(make_clip("v" + suffix, pts=pts * 1, time_base=base)).info.is_variable_rate
    assert not Clip.open(make_clip("c" + suffix, time_base=base)).info.is_variable_rate


def test_ntsc_in_milliseconds_is_not_variable(make_clip):
    pts = [round(i * 1001 / 30) for i in range(30)]
    clip = Clip.open(make_clip("n.mp4", pts=pts, time_base=Fraction(1, 1000), rate=Fraction(30000, 1001)))
    assert not clip.info.is_variable_rate


@pytest.mark.parametrize("threads", ["bframes", "none"])
def test_frames_come_once_each_in_order_with_their_times(make_clip, decoded, threads):
    options = (("preset", "fast"), ("crf", "10")) if threads == "bframes" else (("preset", "ultrafast"),)
    source = make_clip(count=40, rate=Fraction(30000, 1001), time_base=Fraction(1, 30000), options=options)
    clip = Clip.open(source)
    expected = decoded(source)
    frames = list(clip.frames())
    assert clip.count_frames() == len(frames) == len(expected) == 40
    assert [f.index for f in frames] == list(range(40))
    assert [f.pts * clip.info.time_base for f in frames] == [time for time, _ in expected]
    assert [f.time_s for f in frames] == pytest.approx([i * 1001 / 30000 for i in range(40)])
    for frame, (_, planes) in zip(frames, expected, strict=True):
        luma = np.frombuffer(frame.picture.planes[0], np.uint8).reshape(64, -1)[:, :96]
        assert np.array_equal(luma, planes[0])
    part = list(clip.frames(7, 13))
    assert [f.index for f in part] == list(range(7, 13))
    assert np.array_equal(part[0].rgb(), frames[7].rgb())
    assert list(clip.frames(50)) == []
    with pytest.raises(InputError, match="counted from 0"):
        clip.frames(-1)


def test_time_zero_is_the_clips_start(make_clip):
    late = Clip.open(make_clip("late.mp4", pts=[6400 + 512 * i for i in range(5)]))
    assert next(late.frames()).time_s == 0.0
    with_sound = Clip.open(make_clip("sound.mp4", audio=1, pts=[6400 + 512 * i for i in range(5)]))
    assert next(with_sound.frames()).time_s == pytest.approx(0.5)


def test_matroska_without_a_frame_count_is_estimated(make_clip):
    clip = Clip.open(make_clip("a.mkv", time_base=Fraction(1, 1000)))
    assert clip.info.frame_count == 12
    assert clip.count_frames() == 12


def test_truncated_file_gives_what_is_there_and_says_so(make_clip, tmp_path):
    whole = make_clip(width=320, height=240, count=50, container=(("movflags", "faststart"),)).read_bytes()
    cut = tmp_path / "cut.mp4"
    cut.write_bytes(whole[: int(len(whole) * 0.6)])
    clip = Clip.open(cut)
    with pytest.warns(MienWarning, match=r"cut\.mp4: the file is cut off: \d+ of 50 frames"):
        frames = list(clip.frames())
    assert 10 < len(frames) < 45
    assert any("cut off" in text for text in clip.warnings)


def test_damage_in_the_middle_is_told(make_clip, tmp_path):
    data = bytearray(make_clip("s.ts", width=320, height=240, count=50, time_base=Fraction(1, 90000)).read_bytes())
    middle = len(data) // 2 // 188 * 188
    data[middle : middle + 188 * 12] = bytes(188 * 12)
    bad = tmp_path / "bad.ts"
    bad.write_bytes(data)
    clip = Clip.open(bad)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", MienWarning)
        frames = list(clip.frames())
    assert 25 < len(frames) <= 50
    assert all(b.pts > a.pts for a, b in itertools.pairwise(frames))


def test_what_cannot_be_read_is_said_in_one_sentence(make_clip, tmp_path):
    good = make_clip(count=30).read_bytes()
    files = {
        "empty.mp4": (b"", "is empty"),
        "text.mp4": (b"This is a text file that somebody gave the wrong name.\n" * 30, "text file"),
        "noise.mp4": (bytes(np.random.default_rng(1).integers(0, 256, 5000, dtype=np.uint8)), "not a video"),
        "no_index.mp4": (good[: len(good) // 2], "incomplete or damaged"),
        "empty.png": (b"", "is empty"),
        "text.png": (b"no image\n" * 50, "not an image"),
    }
    for name, (data, reason) in files.items():
        path = tmp_path / name
        path.write_bytes(data)
        with pytest.raises(ClipError, match=reason) as caught:
            Clip.open(path)
        text = str(caught.value)
        assert text.startswith(str(path))
        assert text.endswith(".")
        assert "\n" not in text
    with pytest.raises(ClipError, match="no such file"):
        Clip.open(tmp_path / "missing.mp4")
    with pytest.raises(ClipError, match="no such file"):
        Clip.open(tmp_path / "missing.png")


def test_sound_alone_is_no_clip(tmp_path):
    path = tmp_path / "sound.m4a"
    with av.open(str(path), "w") as output:
        stream = output.add_stream("aac", rate=48000)
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 1024), np.float32), "fltp", "mono")
        frame.sample_rate = 48000
        output.mux(stream.encode(frame))
        output.mux(stream.encode(None))
    with pytest.raises(ClipError, match=r"no video in it \(streams: audio\)"):
        Clip.open(path)


def test_a_change_of_size_midway_is_told(make_clip, tmp_path):
    first = make_clip("a.ts", count=8, time_base=Fraction(1, 90000)).read_bytes()
    second = make_clip("b.ts", count=8, width=64, height=48, time_base=Fraction(1, 90000),
                       pts=[90000 + 3600 * i for i in range(8)]).read_bytes()  # fmt: skip
    both = tmp_path / "both.ts"
    both.write_bytes(first + second)
    with pytest.raises(ClipError, match="changes its size at frame 8, from 96x64 to 64x48"):
        list(Clip.open(both).frames())


def test_frames_without_timestamps_are_spaced_evenly(make_clip, tmp_path):
    source = make_clip("raw.h264", count=10)
    clip = Clip.open(source)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", MienWarning)
        pts = [f.pts for f in clip.frames()]
    assert len(pts) == 10
    steps = {b - a for a, b in itertools.pairwise(pts)}
    assert steps == {round(1 / (clip.info.frame_rate * clip.info.time_base))}


def test_closing_early_is_fine(make_clip):
    clip = Clip.open(make_clip(count=60))
    for _ in range(3):
        frames = clip.frames()
        assert next(frames).index == 0
        frames.close()
    assert Path(clip.path).exists()
