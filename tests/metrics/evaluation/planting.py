"""Faults planted in an edited clip: each spoils a copy of the result in one way, and says where it is worst."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import numpy as np

from mien.metrics.evaluation.ruler import TrackerRuler, chosen_face, picture_of
from mien.video.clip import Clip

Pictures = list[np.ndarray]


@dataclass(frozen=True)
class Places:
    """Where the face is in every frame: boxes ``(x0, y0, x1, y1)``, px."""

    face: list[tuple[int, int, int, int]]
    mouth: list[tuple[int, int, int, int]]


def pictures_of(path: Path) -> Pictures:
    """All frames of a short clip, ``(H, W, 3)`` uint8."""
    with av.open(str(path)) as clip:
        return [frame.to_ndarray(format="rgb24") for frame in clip.decode(video=0)]


def places_in(path: Path) -> Places:
    """Face and mouth of every frame, by the bundled tracker."""
    face, mouth = [], []
    last = None
    with TrackerRuler() as ruler:
        for frame in Clip.open(path).frames():
            found = chosen_face(ruler.faces(frame, picture_of(frame)), 1, last)
            assert found is not None, f"no face in frame {frame.index}"
            last = found.centre
            points, size = found.landmarks[:, :2], found.size
            face.append(_box(points, 0.02 * size, frame.width, frame.height))
            lips = points[[61, 291, 0, 17, 13, 14, 152]]
            mouth.append(_box(lips, 0.12 * size, frame.width, frame.height))
    return Places(face, mouth)


def _box(points: np.ndarray, edge: float, width: int, height: int) -> tuple[int, int, int, int]:
    x0, y0 = np.maximum(np.floor(points.min(axis=0) - edge), 0).astype(int)
    x1, y1 = np.ceil(points.max(axis=0) + edge).astype(int) + 1
    return int(x0), int(y0), min(int(x1), width), min(int(y1), height)


def _mask(box: tuple[int, int, int, int], shape: tuple[int, ...], feather: float) -> np.ndarray:
    """An ellipse in a box, ``(H, W, 1)``, soft at its edge."""
    x0, y0, x1, y1 = box
    rows, columns = np.mgrid[0 : shape[0], 0 : shape[1]]
    away = np.hypot((columns - (x0 + x1) / 2) / ((x1 - x0) / 2), (rows - (y0 + y1) / 2) / ((y1 - y0) / 2))
    return np.clip((1.0 - away) / feather, 0.0, 1.0)[..., None]


def _moved(picture: np.ndarray, dx: float, dy: float) -> np.ndarray:
    """A picture shifted by parts of a pixel, linearly interpolated."""
    out = picture.astype(np.float64)
    for axis, shift in ((1, dx), (0, dy)):
        whole = int(np.floor(shift))
        part = shift - whole
        out = (1 - part) * np.roll(out, whole, axis) + part * np.roll(out, whole + 1, axis)
    return out


def _blend(under: np.ndarray, over: np.ndarray, mask: np.ndarray) -> np.ndarray:
    return np.rint(under * (1 - mask) + over * mask).astype(np.uint8)


def mouth_frozen(result: Pictures, places: Places, start: int, stop: int) -> Pictures:
    """From ``start`` to ``stop`` the mouth of frame ``start``, carried along with the head."""
    out = list(result)
    x0, y0, x1, y1 = places.mouth[start]
    for t in range(start + 1, stop):
        a0, b0, a1, _b1 = places.face[t]
        c0, d0, c1, _d1 = places.face[start]
        # The top of the face carries: its bottom moves with the jaw.
        dx, dy = (a0 + a1 - c0 - c1) / 2, float(b0 - d0)
        box = (round(x0 + dx), round(y0 + dy), round(x1 + dx), round(y1 + dy))
        out[t] = _blend(result[t], _moved(result[start], dx, dy), _mask(box, result[t].shape, 0.25))
    return out


def shifted(result: Pictures, frames: int = 2) -> Pictures:
    """Every frame shows what belongs ``frames`` earlier."""
    return [result[max(0, t - frames)] for t in range(len(result))]


def trembling(result: Pictures, places: Places, start: int, stop: int, px: float) -> Pictures:
    """From ``start`` to ``stop`` the face moves by up to ``px`` at random from frame to frame."""
    random = np.random.default_rng(7)
    out = list(result)
    for t in range(start, stop):
        x0, y0, x1, y1 = places.face[t]
        wide = (x0 - (x1 - x0) // 5, y0 - (y1 - y0) // 5, x1 + (x1 - x0) // 5, y1 + (y1 - y0) // 5)
        moved = _moved(result[t], *random.uniform(-px, px, 2))
        out[t] = _blend(result[t], moved, _mask(wide, result[t].shape, 0.2))
    return out


def repeating(result: Pictures, places: Places, every: int = 10) -> Pictures:
    """In every tenth frame the face of the frame before."""
    out = list(result)
    for t in range(every, len(result), every):
        mask = _mask(places.face[t - 1], result[t].shape, 0.1)
        out[t] = _blend(result[t], result[t - 1], mask)
    return out


def background_changed(result: Pictures, start: int, stop: int, shades: int = 12) -> Pictures:
    """From ``start`` to ``stop`` a corner of 60 by 60 px is brighter; brightest in the middle frame."""
    out = list(result)
    middle = (start + stop) // 2
    for t in range(start, stop):
        picture = result[t].astype(int)
        strength = shades if t == middle else shades - 3
        picture[:60, :60] += strength if picture[:60, :60].mean() < 128 else -strength
        out[t] = np.clip(picture, 0, 255).astype(np.uint8)
    return out


def write(path: Path, like: Path, pictures: Pictures, crf: int = 16) -> Path:
    """Encode pictures with the times and the sound of another clip."""
    with av.open(str(like)) as given, av.open(str(path), "w") as out:
        stream = given.streams.video[0]
        video = out.add_stream("libx264", rate=stream.average_rate, options={"crf": str(crf), "preset": "veryfast"})
        video.width, video.height, video.pix_fmt = stream.width, stream.height, "yuv420p"
        video.codec_context.time_base = video.time_base = stream.time_base
        sounds = {s.index: out.add_stream_from_template(s) for s in given.streams.audio}
        for number, old in enumerate(given.decode(stream)):
            picture = av.VideoFrame.from_ndarray(np.ascontiguousarray(pictures[number]), format="rgb24")
            picture = picture.reformat(format="yuv420p", dst_colorspace=old.colorspace, dst_color_range=old.color_range)
            picture.pts, picture.time_base = old.pts, old.time_base
            picture.colorspace, picture.color_range = old.colorspace, old.color_range
            out.mux(video.encode(picture))
        out.mux(video.encode(None))
        given.seek(0)
        if sounds:
            for packet in given.demux(list(given.streams.audio)):
                if packet.dts is not None:
                    packet.stream = sounds[packet.stream.index]
                    out.mux(packet)
    return path


def retimed(path: Path, like: Path, rate: Fraction) -> Path:
    """The same packets at another frame rate, nothing encoded again."""
    with av.open(str(like)) as given, av.open(str(path), "w") as out:
        stream = given.streams.video[0]
        own = Fraction(stream.average_rate)
        video = out.add_stream_from_template(stream)
        base = 1 / (rate * 512)
        video.time_base = base
        for packet in given.demux(stream):
            if packet.dts is None or packet.pts is None:
                continue
            packet.pts, packet.dts = (round(t * stream.time_base * own * 512) for t in (packet.pts, packet.dts))
            packet.duration = 512
            packet.time_base = base
            packet.stream = video
            out.mux(packet)
    return path


Plant = Callable[[Pictures, Places], Pictures]
