"""A talking-head stand-in made from the public-domain portrait that scikit-image carries, and the command itself."""

from __future__ import annotations

import contextlib
import io
import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from skimage import data as pictures

from mien.app.cli import main


@dataclass(frozen=True)
class ClipRecipe:
    """What a clip is made of; faces are 61 px between the eyes in 256 x 256."""

    frames: int = 12
    rate: Fraction = Fraction(25)
    pts: Sequence[int] | None = None
    time_base: Fraction = Fraction(1, 12800)
    codec: str = "libx264"
    pixel_format: str = "yuv420p"
    options: tuple[tuple[str, str], ...] = (("crf", "12"), ("preset", "veryfast"))
    audio: int = 1
    rotation_deg: int | None = None


Painter = Callable[[int], np.ndarray[Any, Any]]


def head(number: int) -> np.ndarray[Any, Any]:
    """Frame ``number`` of a head that sways by whole pixels: nothing is resampled."""
    x, y = round(96 + 8 * np.sin(number / 4)), round(14 + 5 * np.cos(number / 5))
    return np.ascontiguousarray(pictures.astronaut()[y : y + 256, x : x + 256])


def nobody(number: int) -> np.ndarray[Any, Any]:
    """A picture without a face."""
    rows, columns = np.mgrid[0:256, 0:256]
    return np.stack([(rows + number) % 256, columns, 255 - rows], axis=-1).astype(np.uint8)


def write_clip(path: Path, painter: Painter, recipe: ClipRecipe) -> Path:
    height, width = painter(0).shape[:2]
    with av.open(str(path), "w") as output:
        stream: Any = output.add_stream(recipe.codec, rate=recipe.rate, options=dict(recipe.options))
        stream.width, stream.height, stream.pix_fmt = width, height, recipe.pixel_format
        stream.time_base = stream.codec_context.time_base = recipe.time_base
        if recipe.rotation_deg is not None:
            stream.set_display_rotation(recipe.rotation_deg)
        sounds = [output.add_stream("aac", rate=16000, layout="mono") for _ in range(recipe.audio)]
        step = 1 / (recipe.rate * recipe.time_base)
        times = recipe.pts or [round(number * step) for number in range(recipe.frames)]
        for number, pts in enumerate(times):
            frame = av.VideoFrame.from_ndarray(painter(number), format="rgb24").reformat(format=recipe.pixel_format)
            frame.pts, frame.time_base = pts, recipe.time_base
            output.mux(stream.encode(frame))
        output.mux(stream.encode(None))
        for pitch, sound in enumerate(sounds, start=1):
            wave = np.sin(np.arange(16000 * len(times) // 25) * 0.1 * pitch).astype(np.float32)[None] * 0.2
            for start in range(0, wave.shape[1], 1024):
                part = av.AudioFrame.from_ndarray(np.ascontiguousarray(wave[:, start : start + 1024]), "fltp", "mono")
                part.sample_rate, part.pts, part.time_base = 16000, start, Fraction(1, 16000)
                output.mux(sound.encode(part))
            output.mux(sound.encode(None))
    return path


MakeClip = Callable[..., Path]
"""``make_clip(name, painter=head, **fields of ClipRecipe)``."""


@pytest.fixture
def make_clip(tmp_path: Path) -> MakeClip:
    def make(name: str, painter: Painter = head, **fields: Any) -> Path:
        return write_clip(tmp_path / name, painter, ClipRecipe(**fields))

    return make


@pytest.fixture(scope="session")
def head_clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Twelve frames of one head, with sound; not to be written to."""
    return write_clip(tmp_path_factory.mktemp("clips") / "head.mp4", head, ClipRecipe())


@pytest.fixture(autouse=True)
def _own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def command(*words: str | os.PathLike[str]) -> list[str]:
    return [sys.executable, "-m", "mien", *map(str, words)]


def run_mien(*words: str | os.PathLike[str], **options: Any) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command(*words), capture_output=True, text=True, timeout=300, check=False, **options)


def run_here(*words: str | os.PathLike[str]) -> subprocess.CompletedProcess[str]:
    """The command in this process, so that what is slow to load is loaded once; the way out is the same."""
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err), pytest.raises(SystemExit) as stop:
        main([str(word) for word in words])
    code = stop.value.code
    assert isinstance(code, int)
    return subprocess.CompletedProcess(words, code, out.getvalue(), err.getvalue())


def assert_refused(done: subprocess.CompletedProcess[str], *expected: str) -> None:
    """Exit code 2, and one sentence on stderr that holds the words expected."""
    assert done.returncode == 2, done.stderr
    assert done.stdout == ""
    lines = done.stderr.splitlines()
    assert len(lines) == 1, done.stderr
    assert lines[0].startswith("mien: ")
    for words in expected:
        assert words in lines[0]
