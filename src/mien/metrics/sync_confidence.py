"""LSE-D and LSE-C: how well lips and speech agree, by SyncNet. CCFE 4.2, after Wav2Lip (Prajwal et al. 2020).

Protocol of joonson/syncnet_python, which Wav2Lip's evaluation runs: 25 frames per second, faces cut out 224x224,
windows of five frames and of twenty MFCC rows, Euclidean distance of their features at offsets of -15 to 15 frames,
the speech filled up with zero features, averaged over the windows. LSE-D is the least of the 31 means (lower is
better), LSE-C the median minus the least (higher is better). Two differences: faces are boxed by the tracker's mesh,
not by the S3FD detector, and clips of less than 100 frames, which the published script leaves out, are measured.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.ndimage import median_filter

from mien.errors import InputError
from mien.nn.face_crop import resized
from mien.nn.weights.conversion import needs
from mien.nn.weights.store import require_file
from mien.types import LANDMARK_COUNT, MESH_VERTEX_COUNT, AnyArray, ByteArray, DoubleArray

if TYPE_CHECKING:
    from mien.nn.syncnet import SyncNet

FRAMES_PER_SECOND = 25
LARGEST_OFFSET = 15
SAMPLES_PER_FRAME = 640
FEWEST_FRAMES = 6
"""A window needs five frames, and the published script leaves the last one out."""

_SMOOTHING, _MARGIN, _OUTSIDE = 13, 0.4, 110
"""Frames of the median filter over the boxes; part of half the box that is added; grey beyond the image."""


@dataclass(frozen=True, slots=True)
class SyncScore:
    """How lips and speech agree.

    Attributes:
        lse_d: Least mean distance; lower is better. CCFE reports 8.03 for its input videos.
        lse_c: Median less the least; higher is better. CCFE reports 7.11 for its input videos.
        offset_frames: Where the least is, in frames at 25 per second; positive where the lips come late.
    """

    lse_d: float
    lse_c: float
    offset_frames: int


def load_syncnet() -> SyncNet:
    """The network from the store of weights.

    Raises:
        WeightsMissingError: It is not on this machine.
        ModelError: Its file is damaged, or torch is not installed.
    """
    path = require_file("syncnet", "measuring LSE-D and LSE-C")
    needs("torch", "measuring LSE-D and LSE-C")
    from mien.nn.syncnet import SyncNet

    return SyncNet.load(path)


def sync_score(faces: AnyArray, speech: AnyArray) -> SyncScore:
    """Figures from features.

    Args:
        faces: ``(N, D)`` of N windows, one a frame at 25 per second.
        speech: ``(N, D)`` of the speech at the same times.

    Raises:
        InputError: Other shapes, no window, or not finite.
    """
    a, b = np.asarray(faces, np.float64), np.asarray(speech, np.float64)
    if a.ndim != 2 or a.shape != b.shape or len(a) == 0 or not (np.isfinite(a).all() and np.isfinite(b).all()):
        raise InputError(f"features have shapes {a.shape} and {b.shape}; expected twice (N, D), N at least 1, finite")
    padded = np.pad(b, ((LARGEST_OFFSET, LARGEST_OFFSET), (0, 0)))
    means = np.array([np.linalg.norm(a - padded[k : k + len(a)], axis=1).mean() for k in range(2 * LARGEST_OFFSET + 1)])
    least = int(means.argmin())
    return SyncScore(float(means[least]), float(np.median(means) - means[least]), LARGEST_OFFSET - least)


def measure_sync(
    frames: Iterable[tuple[float, ByteArray]], boxes: AnyArray, samples: AnyArray, network: SyncNet
) -> SyncScore:
    """Figures of a clip; five faces are held at a time.

    Args:
        frames: Time from the first frame in seconds and picture ``(H, W, 3)`` uint8 RGB, in order.
        boxes: ``(T, 3)`` of the same frames, from :func:`face_boxes`.
        samples: ``(S,)`` int16 at 16 kHz from the first frame's time on (:func:`mien.metrics.speech.speech_samples`).
        network: SyncNet.

    Raises:
        InputError: Fewer frames or less sound than one window needs (six frames at 25 per second, 0.24 s).
    """
    import torch

    from mien.nn.mfcc import mfcc
    from mien.nn.syncnet import WINDOW_FRAMES, WINDOW_STEPS

    held: list[AnyArray] = []
    faces: list[AnyArray] = []
    with torch.inference_mode():
        for face in _at_25(frames, np.asarray(boxes, np.float64)):
            held = [*held[-(WINDOW_FRAMES - 1) :], face[..., ::-1].transpose(2, 0, 1)]
            if len(held) == WINDOW_FRAMES:
                window = torch.from_numpy(np.stack(held, axis=1)[None].astype(np.float32))
                faces.append(network.face_features(window)[0].numpy())
        count = min(len(faces) + WINDOW_FRAMES - 1, len(samples) // SAMPLES_PER_FRAME) - WINDOW_FRAMES
        if count < 1:
            raise InputError(
                f"there are {len(faces)} windows of five frames and {len(samples) / 16000:.2f} s of sound; "
                "LSE-D and LSE-C need at least 0.24 s of both"
            )
        rows = mfcc(samples).astype(np.float32)
        speech = [
            network.audio_features(torch.from_numpy(rows[4 * i : 4 * i + WINDOW_STEPS].T[None].copy()))[0].numpy()
            for i in range(count)
        ]
    return sync_score(np.stack(faces[:count]), np.stack(speech))


def face_boxes(landmarks: AnyArray) -> DoubleArray:
    """Where the face is cut out: the mesh's box, each of its numbers smoothed by a median over 13 frames.

    Args:
        landmarks: ``(T, 478, 3)`` px.

    Returns:
        ``(T, 3)`` float64: centre x, centre y, half the longer side, px.

    Raises:
        InputError: Another shape, or not finite.
    """
    points = np.asarray(landmarks, np.float64)
    if points.ndim != 3 or points.shape[1:] != (LANDMARK_COUNT, 3) or not np.isfinite(points).all():
        raise InputError(f"landmarks have shape {points.shape}; expected finite (T, {LANDMARK_COUNT}, 3), px")
    mesh = points[:, :MESH_VERTEX_COUNT, :2]
    low, high = mesh.min(axis=1), mesh.max(axis=1)
    numbers = np.column_stack([(low + high) / 2, (high - low).max(axis=1) / 2])
    return np.asarray(median_filter(numbers, (_SMOOTHING, 1), mode="nearest"))


def crop_face(rgb: ByteArray, box: AnyArray) -> ByteArray:
    """The face as SyncNet learned it: 2.8 half boxes a side, more below than above, grey beyond the image.

    Args:
        rgb: ``(H, W, 3)`` uint8.
        box: ``(3,)`` of :func:`face_boxes`.

    Returns:
        ``(224, 224, 3)`` uint8.

    Raises:
        InputError: The box is smaller than two pixels or outside the image.
    """
    x, y, half = (float(value) for value in box)
    if half < 1:
        raise InputError(f"the face's box is {2 * half:.2g} px wide; expected at least 2")
    border = int(half * (1 + 2 * _MARGIN))
    padded = np.pad(rgb, ((border, border), (border, border), (0, 0)), constant_values=_OUTSIDE)
    x, y = x + border, y + border
    rows = slice(max(0, int(y - half)), max(0, int(y + half * (1 + 2 * _MARGIN))))
    columns = slice(max(0, int(x - half * (1 + _MARGIN))), max(0, int(x + half * (1 + _MARGIN))))
    face = padded[rows, columns]
    if face.size == 0:
        raise InputError("the face lies outside the image; expected landmarks in px of it")
    return resized(face, 224, 224)


def _at_25(frames: Iterable[tuple[float, ByteArray]], boxes: DoubleArray) -> Iterator[ByteArray]:
    """Faces at 25 per second: at each time the frame shown that is nearest to it."""
    number = 0
    before: tuple[float, ByteArray] | None = None
    for index, (time_s, rgb) in enumerate(frames):
        face = crop_face(rgb, boxes[index])
        while before is not None and number / FRAMES_PER_SECOND <= (before[0] + time_s) / 2:
            yield before[1]
            number += 1
        before = (time_s, face)
    if before is not None and number / FRAMES_PER_SECOND <= before[0] + 0.5 / FRAMES_PER_SECOND:
        yield before[1]
