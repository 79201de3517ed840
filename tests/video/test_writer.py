"""What goes in comes out: timestamps, packets, tags, sizes, bit depths; and nothing half-written."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
import warnings
from collections.abc import Iterable
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from mien.errors import InputError, OutputError
from mien.types import Box
from mien.video import Clip, ClipWriter, EncoderSettings, Frame, MienWarning, transcode

LOSSLESS = EncoderSettings(codec="h264", quality=0, preset="ultrafast", threads=1)
QUICK = EncoderSettings(preset="ultrafast", threads=1)


def write_all(writer: ClipWriter, frames: Iterable[Frame]) -> None:
    with writer:
        for frame in frames:
            writer.write(frame)


TIMINGS = {
    "25": {},
    "29.97": {"rate": Fraction(30000, 1001), "time_base": Fraction(1, 30000)},
    "23.976 in 90 kHz": {
        "rate": Fraction(24000, 1001),
        "time_base": Fraction(1, 90000),
        "pts": [3754 * i for i in range(9)],
    },
    "variable": {"pts": [0, 300, 1500, 1700, 2900, 4000, 4017, 8000]},
    "late start": {"pts": [6413 + 512 * i for i in range(8)]},
    "late start, odd ticks": {"time_base": Fraction(1, 90000), "pts": [1237 + 3600 * i for i in range(8)]},
    "sound starts late": {"audio_start": 4801},
}


@pytest.mark.parametrize("timing", TIMINGS.values(), ids=TIMINGS.keys())
@pytest.mark.parametrize("suffix", [".mp4", ".mov"])
def test_every_frame_keeps_its_timestamp_and_every_sound_packet_its_bytes(
    make_clip, packets_of, tmp_path, timing, suffix
):
    source = make_clip("source" + suffix, audio=2, **timing)
    target = tmp_path / ("out" + suffix)
    with warnings.catch_warnings():
        warnings.simplefilter("error", MienWarning)
        transcode(source, target, QUICK)
    before, after = packets_of(source), packets_of(target)
    assert [s.kind for s in after] == ["video", "audio", "audio"]
    assert after[0].times == before[0].times
    assert after[0].time_base == before[0].time_base
    for old, new in zip(before[1:], after[1:], strict=True):
        assert len(old.bytes) > 5
        assert new.bytes == old.bytes
        assert new.times == old.times
        assert new.time_base == old.time_base


def test_matroska_keeps_timestamps_and_packets_of_matroska(make_clip, packets_of, tmp_path):
    source = make_clip("source.mkv", audio=1, pts=[40 * i + (i % 3) for i in range(1, 12)], time_base=Fraction(1, 1000))
    target = tmp_path / "out.mkv"
    transcode(source, target, QUICK)
    before, after = packets_of(source), packets_of(target)
    assert after[0].times == before[0].times
    assert after[1].times == before[1].times
    assert after[1].bytes == before[1].bytes


def test_matroska_says_that_it_rounds_times(make_clip, packets_of, tmp_path):
    source = make_clip("source.mp4", audio=1, rate=Fraction(30000, 1001), time_base=Fraction(1, 30000))
    target = tmp_path / "out.mkv"
    with pytest.warns(MienWarning, match="whole milliseconds"):
        transcode(source, target, QUICK)
    before, after = packets_of(source), packets_of(target)
    for old, new in zip(before, after, strict=True):
        assert max(abs(a - b) for a, b in zip(old.times, new.times, strict=True)) <= Fraction(1, 2000)
    assert after[1].bytes == before[1].bytes


def test_transport_stream_keeps_its_start_in_mp4(make_clip, packets_of, tmp_path):
    source = make_clip(
        "source.ts", audio=1, audio_start=67201, time_base=Fraction(1, 90000), pts=[126001 + 3600 * i for i in range(9)]
    )
    target = tmp_path / "out.mp4"
    transcode(source, target, QUICK)
    before, after = packets_of(source), packets_of(target)
    assert before[0].times[0] > 1
    assert after[0].times == before[0].times
    # 1/90000 s cannot be counted in samples of 48 kHz: half a sample at most.
    assert max(abs(a - b) for a, b in zip(before[1].times, after[1].times, strict=True)) <= Fraction(1, 96000)


PICTURES = {
    "8-bit 4:2:0": ("yuv420p", {}),
    "8-bit 4:2:2": ("yuv422p", {}),
    "8-bit 4:4:4": ("yuv444p", {}),
    "full range": ("yuvj420p", {}),
    "gray": ("gray", {}),
    "odd size 4:4:4": ("yuv444p", {"width": 97, "height": 63}),
    "rotated": ("yuv420p", {"rotation_deg": 90}),
    "10-bit": ("yuv420p10le", {}),
    "10-bit 4:2:2": ("yuv422p10le", {}),
}


@pytest.mark.parametrize(("pixel_format", "fields"), PICTURES.values(), ids=PICTURES.keys())
def test_unchanged_frames_come_out_bit_for_bit_when_encoded_without_loss(
    make_clip, decoded, tmp_path, pixel_format, fields
):
    source = make_clip("source.mkv", pixel_format=pixel_format, time_base=Fraction(1, 1000), **fields)
    target = tmp_path / "out.mkv"
    transcode(source, target, EncoderSettings(codec="ffv1"))
    before, after = decoded(source), decoded(target)
    assert len(before) == len(after) == 12
    for (old_time, old), (new_time, new) in zip(before, after, strict=True):
        assert new_time == old_time
        assert all(np.array_equal(a, b) for a, b in zip(old, new, strict=True))
    old_info, new_info = Clip.open(source).info, Clip.open(target).info
    for name in ("width", "height", "bit_depth", "chroma", "pixel_aspect", "rotation_deg", "frame_rate"):
        assert getattr(new_info, name) == getattr(old_info, name)


@pytest.mark.parametrize("suffix", [".mp4", ".mov", ".mkv"])
@pytest.mark.parametrize("pixel_format", ["yuv420p", "yuv422p", "yuv444p", "gray", "yuv420p10le", "yuv422p10le"])
def test_automatic_codec_keeps_depth_and_chroma(make_clip, tmp_path, pixel_format, suffix):
    source = make_clip("source" + suffix, pixel_format=pixel_format, count=4, time_base=Fraction(1, 1000))
    target = tmp_path / ("out" + suffix)
    with warnings.catch_warnings():
        warnings.simplefilter("error", MienWarning)
        transcode(source, target, QUICK)
    old, new = Clip.open(source).info, Clip.open(target).info
    assert (new.bit_depth, new.chroma, new.pixel_format) == (old.bit_depth, old.chroma, old.pixel_format)
    assert new.codec == ("hevc" if old.bit_depth > 8 else "h264")


@pytest.mark.parametrize("rotation", [90, 180, 270])
@pytest.mark.parametrize("suffix", [".mp4", ".mkv"])
def test_rotation_is_kept_and_applied_in_display(make_clip, decoded, tmp_path, rotation, suffix):
    source = make_clip("source" + suffix, rotation_deg=rotation, time_base=Fraction(1, 1000), count=3)
    target = tmp_path / ("out" + suffix)
    transcode(source, target, LOSSLESS)
    stored = decoded(source)[0][1][0]
    assert np.array_equal(decoded(target)[0][1][0], stored)  # planes stay as they were
    clip = Clip.open(target)
    assert clip.info.rotation_deg == (360 - rotation) % 360
    assert (clip.info.width, clip.info.height) == ((64, 96) if rotation != 180 else (96, 64))
    with av.open(str(target)) as container:
        assert next(container.decode(video=0)).rotation % 360 == rotation


@pytest.mark.parametrize("tags", [(1, 1, 1, 1), (5, 1, 5, 6), (9, 1, 9, 16), (1, 2, 1, 13), (6, 1, 6, 6)])
@pytest.mark.parametrize("suffix", [".mp4", ".mkv"])
def test_colour_tags_are_kept(make_clip, tmp_path, tags, suffix):
    source = make_clip("source" + suffix, tags=tags, count=3, time_base=Fraction(1, 1000))
    target = tmp_path / ("out" + suffix)
    transcode(source, target, QUICK)
    with av.open(str(target)) as container:
        frame = next(container.decode(video=0))
        assert (frame.colorspace, frame.color_range, frame.color_primaries, frame.color_trc) == tags


@pytest.mark.parametrize("suffix", [".mp4", ".mov", ".mkv"])
def test_pixel_aspect_is_kept(make_clip, tmp_path, suffix):
    aspect = Fraction(16, 11)
    source = make_clip("source" + suffix, pixel_aspect=aspect, rotation_deg=90, count=3, time_base=Fraction(1, 1000))
    transcode(source, tmp_path / ("out" + suffix), QUICK)
    old, new = Clip.open(source).info, Clip.open(tmp_path / ("out" + suffix)).info
    assert old.pixel_aspect == new.pixel_aspect == 1 / aspect  # a turned pixel is as much higher as it was wider
    with pytest.warns(MienWarning, match="pixel aspect"):
        transcode(source, tmp_path / "other.mkv", EncoderSettings(codec="ffv1"))


def test_interlaced_stays_interlaced(make_clip, tmp_path):
    options = (("preset", "ultrafast"), ("flags", "+ildct+ilme"))
    source = make_clip("source.mkv", options=options, time_base=Fraction(1, 1000))
    transcode(source, tmp_path / "out.mkv", QUICK)
    for path in (source, tmp_path / "out.mkv"):
        with av.open(str(path)) as container:
            assert all(frame.interlaced_frame for frame in container.decode(video=0))


def test_rgb_video_stays_rgb(make_clip, decoded, tmp_path):
    source = make_clip("source.mkv", codec="libx264rgb", pixel_format="rgb24", count=3, time_base=Fraction(1, 1000),
                       options=(("preset", "ultrafast"), ("qp", "0")))  # fmt: skip
    transcode(source, tmp_path / "out.mp4", EncoderSettings(quality=0, preset="ultrafast"))
    assert Clip.open(tmp_path / "out.mp4").info.chroma == "rgb"
    for (_, old), (_, new) in zip(decoded(source), decoded(tmp_path / "out.mp4"), strict=True):
        assert all(np.array_equal(a, b) for a, b in zip(old, new, strict=True))


def test_transparency_that_is_lost_is_told(make_clip, tmp_path):
    source = make_clip(
        "source.mkv", codec="ffv1", pixel_format="yuva420p", count=2, time_base=Fraction(1, 1000), options=()
    )
    with pytest.warns(MienWarning, match="transparency"):
        transcode(source, tmp_path / "out.mp4", EncoderSettings(codec="h264", preset="ultrafast"))
    transcode(source, tmp_path / "out.mkv")
    assert Clip.open(tmp_path / "out.mkv").info.pixel_format == "yuva420p"


def test_untagged_stays_untagged(make_clip, tmp_path):
    source = make_clip(count=3)
    transcode(source, tmp_path / "out.mp4", QUICK)
    tags = Clip.open(tmp_path / "out.mp4").info.tags
    assert (tags.matrix_name, tags.primaries_name, tags.transfer_name) == ("unspecified",) * 3


def test_hdr10_metadata_is_kept(make_clip, tmp_path):
    light = "master-display=G(8500,39850)B(6550,2300)R(35400,14600)WP(15635,16450)L(10000000,50):max-cll=1000,400"
    options = (("preset", "ultrafast"), ("x265-params", "log-level=error:" + light))
    source = make_clip(codec="libx265", pixel_format="yuv420p10le", tags=(9, 1, 9, 16), count=3, options=options)
    transcode(source, tmp_path / "out.mp4", QUICK)

    def side(path: Path) -> dict[str, bytes]:
        with av.open(str(path)) as container:
            return {s.type.name: bytes(s) for s in list(next(container.decode(video=0)).side_data)}

    before, after = side(source), side(tmp_path / "out.mp4")
    assert {"MASTERING_DISPLAY_METADATA", "CONTENT_LIGHT_LEVEL"} <= set(before)
    for name in ("MASTERING_DISPLAY_METADATA", "CONTENT_LIGHT_LEVEL"):
        assert after[name] == before[name]


def test_odd_size_keeps_its_size_and_says_how(make_clip, decoded, tmp_path):
    source = make_clip(
        "source.mkv", codec="ffv1", width=97, height=63, count=3, time_base=Fraction(1, 1000), options=()
    )
    with pytest.warns(MienWarning, match="odd sides"):
        transcode(source, tmp_path / "out.mp4", LOSSLESS)
    info = Clip.open(tmp_path / "out.mp4").info
    assert (info.width, info.height, info.chroma) == (97, 63, "4:4:4")
    old, new = decoded(source)[0][1], decoded(tmp_path / "out.mp4")[0][1]
    assert np.array_equal(old[0], new[0])
    for a, b in zip(old[1:], new[1:], strict=True):  # chroma is repeated, so no value is lost
        assert np.array_equal(np.repeat(np.repeat(a, 2, 0), 2, 1)[:63, :97], b)


def test_odd_size_stays_without_loss(make_clip, decoded, tmp_path):
    """FFV1 cuts a picture into slices, whose edges must fall on whole chroma samples: not every number of them goes."""
    source = make_clip(
        "source.mkv", codec="ffv1", width=511, height=509, count=1, time_base=Fraction(1, 1000), options=()
    )
    transcode(source, tmp_path / "out.mkv", QUICK)
    info = Clip.open(tmp_path / "out.mkv").info
    assert (info.width, info.height, info.chroma, info.codec) == (511, 509, "4:2:0", "ffv1")
    ((_, old),), ((_, new),) = decoded(source), decoded(tmp_path / "out.mkv")
    for a, b in zip(old, new, strict=True):
        np.testing.assert_array_equal(a, b)


def test_odd_size_in_webm_needs_nothing_special(make_clip, tmp_path):
    source = make_clip(
        "source.mkv", codec="ffv1", width=97, height=63, count=3, time_base=Fraction(1, 1000), options=()
    )
    with warnings.catch_warnings():
        warnings.simplefilter("error", MienWarning)
        transcode(source, tmp_path / "out.webm", QUICK)
    info = Clip.open(tmp_path / "out.webm").info
    assert (info.width, info.height, info.chroma, info.codec) == (97, 63, "4:2:0", "vp9")


def test_subtitles_chapters_and_tags_come_along(make_clip, packets_of, tmp_path):
    source = tmp_path / "source.mkv"
    _with_extras(make_clip("plain.mkv", audio=2, time_base=Fraction(1, 1000)), source)
    transcode(source, tmp_path / "out.mkv", QUICK)
    before, after = packets_of(source), packets_of(tmp_path / "out.mkv")
    assert [s.kind for s in after] == [s.kind for s in before] == ["video", "audio", "audio", "subtitle", "attachment"]
    assert after[3].bytes == before[3].bytes == [b"Hallo", b"Welt"]
    assert after[3].times == before[3].times
    with av.open(str(source)) as old, av.open(str(tmp_path / "out.mkv")) as new:
        assert new.metadata["title"] == "a title"
        assert new.chapters() == old.chapters() != []
        assert new.streams[1].metadata["language"] == "ger"
        assert new.streams[2].disposition == old.streams[2].disposition
        assert new.streams[4].data == b"a font"


def _with_extras(plain: Path, target: Path) -> None:
    """Add a subtitle track, chapters, tags and an attachment to a clip."""
    with av.open(str(plain)) as old, av.open(str(target), "w") as new:
        copies = {s.index: new.add_stream_from_template(s, opaque=True) for s in old.streams}
        copies[1].metadata["language"] = "ger"
        copies[2].disposition = av.stream.Disposition.comment
        titles = new.add_mux_stream("subrip")
        titles.time_base = Fraction(1, 1000)
        new.add_attachment("font.ttf", "font/ttf", b"a font")
        new.metadata["title"] = "a title"
        new.set_chapters(
            [{"id": 1, "start": 0, "end": 200, "time_base": Fraction(1, 1000), "metadata": {"title": "one"}}]
        )
        for packet in old.demux():
            if packet.dts is not None:
                packet.stream = copies[packet.stream.index]
                new.mux(packet)
        for text, time in ((b"Hallo", 100), (b"Welt", 300)):
            packet = av.Packet(text)
            packet.stream, packet.time_base = titles, Fraction(1, 1000)
            packet.pts = packet.dts = time
            packet.duration = 150
            new.mux(packet)


def test_what_a_container_cannot_hold_is_told(make_clip, packets_of, tmp_path):
    source = tmp_path / "source.mkv"
    _with_extras(make_clip("plain.mkv", audio=2, time_base=Fraction(1, 1000)), source)
    clip = Clip.open(source)
    writer = ClipWriter(tmp_path / "out.mp4", clip, QUICK)
    with pytest.warns(MienWarning, match="subtitle stream 3"):
        write_all(writer, clip.frames())
    assert any("attachment stream 4" in text for text in writer.warnings)
    assert [s.kind for s in packets_of(tmp_path / "out.mp4")][:3] == ["video", "audio", "audio"]
    with pytest.raises(OutputError, match=r"cannot hold the clip's audio stream 1 \(aac\)"):
        transcode(source, tmp_path / "out.webm", QUICK)
    assert not (tmp_path / "out.webm").exists()


def test_tags_of_ours_are_written(make_clip, tmp_path):
    clip = Clip.open(make_clip(count=2, metadata=(("title", "kept"),)))
    with ClipWriter(tmp_path / "out.mp4", clip, QUICK, {"mien_edit": "happy 0.8", "comment": "edited"}) as writer:
        for frame in clip.frames():
            writer.write(frame)
    with av.open(str(tmp_path / "out.mp4")) as container:
        assert container.metadata["mien_edit"] == "happy 0.8"
        assert container.metadata["comment"] == "edited"
        assert container.metadata["title"] == "kept"


@pytest.mark.parametrize("kind", [ValueError, KeyboardInterrupt, SystemExit])
def test_nothing_is_left_after_an_exception_midway(make_clip, tmp_path, kind):
    clip = Clip.open(make_clip(audio=1))
    (tmp_path / "there.mp4").write_bytes(b"an older result")
    before = sorted(p.name for p in tmp_path.iterdir())

    def fail_midway(name: str) -> None:
        with ClipWriter(tmp_path / name, clip, QUICK) as writer:
            for frame in clip.frames():
                writer.write(frame)
                if frame.index == 5:
                    raise kind

    for name in ("new.mp4", "there.mp4"):
        with pytest.raises(kind):
            fail_midway(name)
    assert sorted(p.name for p in tmp_path.iterdir()) == before
    assert (tmp_path / "there.mp4").read_bytes() == b"an older result"


def test_the_result_appears_only_when_complete_and_replaces_an_older_one(make_clip, tmp_path):
    clip = Clip.open(make_clip())
    target = tmp_path / "out.mp4"
    target.write_bytes(b"older")
    with ClipWriter(target, clip, QUICK) as writer:
        for frame in clip.frames():
            writer.write(frame)
            assert target.read_bytes() == b"older"
    assert Clip.open(target).count_frames() == 12
    assert sorted(p.name for p in tmp_path.iterdir()) == ["out.mp4", "source.mp4"]


def test_refusals_in_one_sentence(make_clip, tmp_path):
    clip = Clip.open(make_clip())
    cases = {
        clip.path: "the output is the input",
        tmp_path / "out.xyz": "ending .xyz is not known",
        tmp_path / "out": r"ending \(none\)",
        tmp_path / "missing" / "out.mp4": "does not exist",
        tmp_path / "out.png": "a video cannot be written as an image",
    }
    for target, reason in cases.items():
        with pytest.raises(OutputError, match=reason), ClipWriter(target, clip, QUICK):
            pass
    link = tmp_path / "link.mp4"
    try:
        link.symlink_to(clip.path)
    except OSError:  # Windows without the right to make links
        return
    with pytest.raises(OutputError, match="the output is the input"):
        ClipWriter(link, clip)


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write everywhere")
def test_unwritable_folder_is_told(make_clip, tmp_path):
    clip = Clip.open(make_clip())
    folder = tmp_path / "locked"
    folder.mkdir(mode=0o500)
    with pytest.raises(OutputError, match="no permission"):
        ClipWriter(folder / "out.mp4", clip)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no file size limit to run into")
def test_a_full_disk_is_told_and_leaves_nothing(make_clip, tmp_path):
    make_clip(width=320, height=240, count=30)
    folder = tmp_path / "small"
    folder.mkdir()
    script = (
        "import resource, sys\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (20000, 20000))\n"
        "from mien.video import transcode, EncoderSettings\n"
        "from mien.errors import OutputError\n"
        "try:\n"
        f"    transcode({str(tmp_path / 'source.mp4')!r}, {str(folder / 'out.mp4')!r},"
        " EncoderSettings(quality=0, preset='ultrafast', threads=1))\n"
        "except OutputError as error:\n"
        "    print(error)\n"
    )
    environment = {**os.environ, "NUMBA_DISABLE_JIT": "1", "PYTHONDONTWRITEBYTECODE": "1"}
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, env=environment, check=False)
    assert "grows larger than the disk" in run.stdout, run.stderr
    assert list(folder.iterdir()) == []


def test_no_space_left_is_told_by_name(make_clip, tmp_path, monkeypatch):
    clip = Clip.open(make_clip())

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "replace", full)
    with pytest.raises(OutputError, match="no space left on the disk"):
        write_all(ClipWriter(tmp_path / "out.mp4", clip, QUICK), clip.frames())
    assert sorted(p.name for p in tmp_path.iterdir()) == ["source.mp4"]


def test_frames_out_of_order_are_refused(make_clip, tmp_path):
    clip = Clip.open(make_clip())
    first, second = list(clip.frames(0, 2))
    with pytest.raises(InputError, match="write frames in order"):
        write_all(ClipWriter(tmp_path / "out.mp4", clip, QUICK), [second, first])
    with pytest.raises(OutputError, match="no frame was given"), ClipWriter(tmp_path / "out.mp4", clip, QUICK):
        pass
    assert sorted(p.name for p in tmp_path.iterdir()) == ["source.mp4"]


def test_an_edit_changes_its_rectangle_and_no_other_sample(make_clip, decoded, tmp_path):
    source = make_clip(rotation_deg=90, count=4)
    clip = Clip.open(source)
    box = Box(11, 20, 41, 61)
    with ClipWriter(tmp_path / "out.mp4", clip, LOSSLESS) as writer:
        for frame in clip.frames():
            before = frame.crop(box)
            writer.write(frame.with_change(box, before, np.clip(before + 0.2, 0, 1)) if frame.index > 1 else frame)
    old, new = decoded(source), decoded(tmp_path / "out.mp4")
    for number, ((_, a), (_, b)) in enumerate(zip(old, new, strict=True)):
        changed = a[0] != b[0]
        assert changed.any() == (number > 1)
        displayed = np.rot90(changed)  # the matrix turns 90 degrees against the clock
        displayed[box.y0 : box.y1, box.x0 : box.x1] = False
        assert not displayed.any()


@pytest.mark.parametrize(
    ("values", "message"),
    [({"codec": "mpeg1"}, "Unknown codec"), ({"quality": 52, "codec": "h264"}, "CRF from 0"), ({"quality": -1}, "CRF"),
     ({"preset": "warp"}, "Unknown preset"), ({"threads": -2}, "Threads")],
)  # fmt: skip
def test_settings_are_checked(values, message):
    with pytest.raises(InputError, match=message):
        EncoderSettings(**values)


def test_a_codec_the_container_does_not_hold_is_refused(make_clip, tmp_path):
    source = make_clip(count=2)
    with pytest.raises(OutputError, match=r"mov file does not hold ffv1.*\.mkv"):
        transcode(source, tmp_path / "out.mov", EncoderSettings(codec="ffv1"))
    with pytest.raises(OutputError, match="does not hold h264"):
        transcode(source, tmp_path / "out.webm", EncoderSettings(codec="h264"))
    assert sorted(p.name for p in tmp_path.iterdir()) == ["source.mp4"]


@pytest.mark.parametrize(("pixel_format", "codec"), [("yuv420p", "vp9"), ("yuv420p10le", "av1")])
def test_webm_keeps_depth_and_says_nothing(make_clip, tmp_path, capfd, pixel_format, codec):
    source = make_clip(
        "source.mkv", pixel_format=pixel_format, codec="ffv1", count=4, time_base=Fraction(1, 1000), options=()
    )
    with warnings.catch_warnings():
        warnings.simplefilter("error", MienWarning)
        transcode(source, tmp_path / "out.webm", QUICK)
    old, new = Clip.open(source).info, Clip.open(tmp_path / "out.webm").info
    assert (new.bit_depth, new.chroma) == (old.bit_depth, old.chroma)
    assert codec in new.codec
    printed = capfd.readouterr()
    assert printed.out + printed.err == ""
