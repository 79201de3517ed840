"""Copies for browsers: the same pictures at the same times, with the same sound, and nothing of the source's names."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from mien.app.browser_video import write_browser_video
from mien.errors import ClipError
from mien.video.clip import Clip

from .conftest import MakeClip


def sound(path: Path) -> tuple[np.ndarray, float]:
    """Samples at 48 kHz, and when the first is heard, s."""
    with av.open(str(path)) as container:
        resampler = av.AudioResampler("fltp", "mono", 48000)
        frames = [f for frame in container.decode(audio=0) for f in resampler.resample(frame)]
    assert frames[0].time is not None
    return np.concatenate([frame.to_ndarray()[0] for frame in frames]), frames[0].time


@pytest.mark.parametrize(
    ("suffix", "recipe"),
    [
        ("mp4", {}),
        ("mkv", {"codec": "ffv1", "pixel_format": "yuv444p", "options": (), "time_base": Fraction(1, 1000)}),
        ("mp4", {"codec": "libx265", "pixel_format": "yuv420p10le", "options": (("x265-params", "log-level=none"),)}),
    ],
    ids=["h264", "ffv1-444", "hevc-10"],
)
def test_pictures_times_and_sound(make_clip: MakeClip, tmp_path: Path, suffix: str, recipe: dict) -> None:
    pts = [0, 3, 4, 9, 11, 12, 20, 22, 23, 24, 26, 30]  # uneven, in 1/25 s
    base = recipe.get("time_base", Fraction(1, 12800))
    source = make_clip(f"in.{suffix}", pts=[round(p * Fraction(1, 25) / base) for p in pts], **recipe)
    assert write_browser_video(source, tmp_path / "out.mp4", "a comment") == (256, 256)
    before, after = (list(Clip.open(path).frames()) for path in (source, tmp_path / "out.mp4"))
    assert [f.time_s for f in after] == pytest.approx([f.time_s for f in before], abs=1 / 90000)
    for ours, theirs in zip(after, before, strict=True):
        scale = 255.0 / theirs.peak
        error = np.abs(ours.rgb().astype(float) - theirs.rgb() * scale).mean()
        assert error < 4  # of 255: CRF 16, and chroma halved once more
    with av.open(str(tmp_path / "out.mp4")) as container:
        video = container.streams.video[0]
        assert (video.codec_context.name, video.codec_context.pix_fmt) == ("h264", "yuv420p")
        assert container.streams.audio[0].codec_context.name == "aac"
        assert container.metadata["comment"] == "a comment"
        assert "in." not in str(container.metadata)
    (old, old_start), (new, new_start) = sound(source), sound(tmp_path / "out.mp4")
    lags = np.arange(-2000, 2001)
    piece = old[4000:9000]
    match = [float(piece @ new[4000 + lag : 9000 + lag]) for lag in lags]
    late_s = lags[int(np.argmax(match))] / 48000 + new_start - old_start
    period_s = 2 * np.pi / 0.1 / 16000  # of the clip's tone, which tells lags apart up to a period only
    assert abs((late_s + period_s / 2) % period_s - period_s / 2) < 0.001
    assert abs(len(new) - len(old)) < 2 * 1024 * 3  # frames of AAC at 16 and 48 kHz


def test_odd_sizes_lose_a_line(make_clip: MakeClip, tmp_path: Path) -> None:
    source = make_clip(
        "odd.mkv", lambda _: np.full((65, 77, 3), 90, np.uint8), codec="ffv1", pixel_format="yuv444p", options=(),
        time_base=Fraction(1, 1000),
    )  # fmt: skip
    assert write_browser_video(source, tmp_path / "out.mp4") == (76, 64)


def test_turned_clips_stand_upright(make_clip: MakeClip, tmp_path: Path) -> None:
    source = make_clip("turned.mp4", lambda _: np.full((64, 96, 3), 90, np.uint8), rotation_deg=90)
    assert write_browser_video(source, tmp_path / "out.mp4") == (64, 96)
    assert Clip.open(tmp_path / "out.mp4").info.rotation_deg == 0


def test_what_cannot_be_copied_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "no.mp4").write_bytes(b"no video")
    with pytest.raises(ClipError):
        write_browser_video(tmp_path / "no.mp4", tmp_path / "out.mp4")
    assert [path.name for path in tmp_path.iterdir()] == ["no.mp4"]
