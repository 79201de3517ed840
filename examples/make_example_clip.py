"""Make the clip that comes with mien: a portrait that talks.

The portrait is NASA's of Eileen Collins, in the public domain, as scikit-image carries it. The voice is espeak-ng's,
not hers, and the words are ours. Needs espeak-ng's library and scikit-image, which the clip itself does not.

    python examples/make_example_clip.py [OUTPUT.mp4]
"""

from __future__ import annotations

import sys
import tempfile
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import skimage.data
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter, zoom
from talking_portrait.face import MovingFace, Portrait, soften_smile_lines
from talking_portrait.performance import action_units, head_degrees
from talking_portrait.speech import Speech, speak

import mien
from mien.types import DoubleArray, FloatArray

HERE = Path(__file__).resolve().parent
OUTPUT = HERE.parent / "src" / "mien" / "app" / "data" / "example.mp4"

TEXT = "Hello! Give me a feeling, and my face will show it. Every word stays the same."
VOICE = "en-us+f2"
WORDS_PER_MINUTE = 175
CROP = (slice(0, 256), slice(97, 353))
"""Head and shoulders of the portrait, rows and columns."""
ENLARGED = 2
SHARPEN, SHARPEN_PX = 0.5, 1.2
"""Strength and radius of the unsharp mask after enlarging."""
SOFTENED = 0.8
"""How far the creases of the portrait's smile are filled."""
REST = {"AU12": -0.2, "AU15": 0.2}
"""On top of the performance: the fit sees a little less than the whole smile, and this is the rest."""
FRAME_RATE = 25
LEAD_S, TAIL_S = 0.30, 0.25
"""Silence before and after the words."""


def load_portrait() -> Portrait:
    """The portrait, enlarged, analysed as any user's picture is."""
    small = skimage.data.astronaut()[CROP].astype(np.float32) / 255.0
    large = zoom(small, (ENLARGED, ENLARGED, 1), order=3, mode="nearest", grid_mode=True)
    large += SHARPEN * (large - gaussian_filter(large, (SHARPEN_PX, SHARPEN_PX, 0)))
    image: FloatArray = np.clip(large, 0.0, 1.0).astype(np.float32)
    with tempfile.TemporaryDirectory() as folder:
        picture = Path(folder) / "portrait.png"
        write_picture(picture, image)
        analysis = mien.open(picture).analyse(cache=False)  # Its files live as long as it does.
        face = analysis.faces[0]
        landmarks = np.asarray(face.track.landmarks(0, 1)[0], np.float64)
    parameters = face.parameters
    assert parameters.light is not None
    alpha, beta = parameters.alpha.astype(np.float64), parameters.beta[0].astype(np.float64)
    image = soften_smile_lines(image, landmarks, SOFTENED)
    return Portrait(image, landmarks, parameters.pose(0), alpha, beta, parameters.light)


def write_picture(path: Path, image: FloatArray) -> None:
    """Write an image ``(H, W, 3)`` 0-1 as PNG."""
    with av.open(str(path), "w", format="image2") as container:
        stream = container.add_stream("png", rate=1)
        stream.height, stream.width = image.shape[:2]
        stream.pix_fmt = "rgb24"
        container.mux(stream.encode(av.VideoFrame.from_ndarray(to_bytes(image), format="rgb24")))
        container.mux(stream.encode(None))


def to_bytes(image: FloatArray) -> NDArray[np.uint8]:
    """An image of 0-1 as 8 bit."""
    return np.rint(image * 255.0).astype(np.uint8)


def coefficients(units: dict[str, DoubleArray], names: tuple[str, ...]) -> DoubleArray:
    """Action units over time as the model's coefficients ``(T, E)``: one value for both sides where it has two."""
    nothing = np.zeros_like(next(iter(units.values())))
    return np.stack([units.get(name.rstrip("LR"), nothing) for name in names], axis=1)


def write_clip(path: Path, face: MovingFace, speech: Speech) -> None:
    """Perform the speech and write it as H.264 and AAC."""
    duration_s = LEAD_S + len(speech.samples) / speech.rate + TAIL_S
    times_s = np.arange(round(duration_s * FRAME_RATE)) / FRAME_RATE - LEAD_S
    performed = action_units(speech, times_s)
    resting = {unit: np.full(len(times_s), amount) for unit, amount in REST.items()}
    betas = coefficients(performed, face.names) + coefficients(resting, face.names)
    angles = head_degrees(speech, times_s)
    path.parent.mkdir(parents=True, exist_ok=True)
    with av.open(str(path), "w", options={"movflags": "faststart"}) as container:
        video = container.add_stream("libx264", rate=FRAME_RATE, options={"crf": "16", "preset": "veryslow"})
        video.height, video.width = face.portrait.image.shape[:2]
        video.pix_fmt = "yuv420p"
        audio = container.add_stream("aac", rate=speech.rate, layout="mono")
        audio.bit_rate = 64_000
        for beta, degrees in zip(betas, angles, strict=True):
            image = face.turn_head(face.express(beta)[0], degrees)
            container.mux(video.encode(av.VideoFrame.from_ndarray(to_bytes(image), format="rgb24")))
        container.mux(video.encode(None))
        silence = [np.zeros(round(s * speech.rate), np.int16) for s in (LEAD_S, TAIL_S)]
        samples = np.concatenate([silence[0], speech.samples, silence[1]])
        sound = av.AudioFrame.from_ndarray(samples[None], format="s16", layout="mono")
        sound.sample_rate, sound.pts, sound.time_base = speech.rate, 0, Fraction(1, speech.rate)
        container.mux(audio.encode(sound))
        container.mux(audio.encode(None))


def main() -> None:
    """Make the clip."""
    output = Path(sys.argv[1]) if len(sys.argv) > 1 else OUTPUT
    speech = speak(TEXT, VOICE, words_per_minute=WORDS_PER_MINUTE)
    write_clip(output, MovingFace(load_portrait()), speech)
    print(f"{output}: {output.stat().st_size / 1e6:.2f} MB")


if __name__ == "__main__":
    main()
