"""The sound of a clip as SyncNet hears it: mono, 16 kHz, from the clip's own packets."""

from __future__ import annotations

from pathlib import Path

import av
import numpy as np

from mien.errors import ClipError
from mien.types import AnyArray

SAMPLE_RATE_HZ = 16_000


def speech_samples(path: Path, start_s: float = 0.0) -> AnyArray:
    """Decode the first audio stream.

    Args:
        path: The clip.
        start_s: Time of its first frame, on the container's clock: the first sample is the sound at that time.
            Silence where the sound begins later.

    Returns:
        ``(S,)`` int16; empty where the clip has no sound.

    Raises:
        ClipError: It cannot be decoded.
    """
    resampler = av.AudioResampler(format="s16", layout="mono", rate=SAMPLE_RATE_HZ)
    parts: list[AnyArray] = []
    begins_s: float | None = None
    try:
        with av.open(str(path)) as container:
            if not container.streams.audio:
                return np.zeros(0, np.int16)
            for frame in container.decode(container.streams.audio[0]):
                if begins_s is None:
                    begins_s = 0.0 if frame.time is None else float(frame.time)
                parts += [part.to_ndarray()[0] for part in resampler.resample(frame)]
            parts += [part.to_ndarray()[0] for part in resampler.resample(None)]
    except av.FFmpegError as error:
        raise ClipError(f"the sound of {path} cannot be decoded: {error.strerror}") from error
    samples = np.concatenate(parts) if parts else np.zeros(0, np.int16)
    late = round(((begins_s or 0.0) - start_s) * SAMPLE_RATE_HZ)
    return samples[-late:] if late < 0 else np.concatenate([np.zeros(late, np.int16), samples])
