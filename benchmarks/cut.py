"""A part of a clip as a clip of its own."""

from __future__ import annotations

from pathlib import Path

from mien.video import Clip, ClipWriter, EncoderSettings

NEARLY_LOSSLESS = EncoderSettings(quality=10, preset="veryfast")
"""How clips are written that are measured afterwards."""


def cut(source: Path, target: Path, first: int = 0, seconds: float | None = None) -> Path:
    """Write the frames of a clip from ``first`` on, those before the time ``seconds`` of the source; the target."""
    clip = Clip.open(source)
    with ClipWriter(target, clip, NEARLY_LOSSLESS) as writer:
        for frame in clip.frames(first):
            if seconds is not None and frame.time_s >= seconds:
                break
            writer.write(frame)
    return target
