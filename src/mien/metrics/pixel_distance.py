"""NED's pixel distances (4.1, 4.3): APD of whole frames, FAPD of the face, MAPD of the mouth.

FG-EmoTalk calls another thing APD, a distance of pose coefficients (``coefficient_distance``): names in outputs say
which, as the constants here do.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mien.errors import InputError
from mien.metrics.picture_pair import checked_pictures
from mien.types import AnyArray, Box

APD_NAME = "APD (NED, pixels)"
FAPD_NAME = "FAPD (NED, face pixels)"
MAPD_NAME = "MAPD (NED, mouth pixels)"

MOUTH_SIDE_PX = 72
"""Side of MAPD's square, px, in NED's frames of 256 px."""

_MOUTH = (61, 291, 0, 17)  # corners, and the middles of the upper and the lower edge


@dataclass(frozen=True, slots=True)
class PixelDistanceOfFrames:
    """Pixel distance over frames.

    Attributes:
        mean: Mean over all pixels of all frames, as NED's; NaN without pixels.
        frames: Frames with at least one pixel.
        worst_frame: Index of the frame with the largest mean; ``None`` without frames.
    """

    mean: float
    frames: int
    worst_frame: int | None


def pixel_distance(source: AnyArray, result: AnyArray, mask: AnyArray | None = None) -> float:
    """Mean over pixels of the Euclidean distance of their colours: ``mean √(ΔR² + ΔG² + ΔB²)``.

    Without a mask NED's APD, with that of the face its FAPD.

    Args:
        source: ``(H, W, 3)`` RGB, 0-255.
        result: ``(H, W, 3)``, same type.
        mask: ``(H, W)`` boolean: the pixels that count; all by default. Another mask than NED's (its face
            segmentation) gives figures that do not compare with its.

    Returns:
        0 to 441.7 (black against white), lower is closer; NaN where the mask is empty.

    Raises:
        InputError: Pictures that do not fit, or not in colour.
    """
    total, count = _sum(source, result, mask)
    return total / count if count else float("nan")


def mouth_box(landmarks: AnyArray, side_px: int = MOUTH_SIDE_PX) -> Box:
    """The square around the middle of the mouth that MAPD looks at.

    Args:
        landmarks: ``(478, 3)`` px, of the source's face.
        side_px: Its side. NED's 72 px belong to face crops of 256 px; in pictures of another size take the same share.

    Returns:
        The square; parts beyond the image are the caller's to clip.

    Raises:
        InputError: Another shape, not finite, or no side.
    """
    points = np.asarray(landmarks, np.float64)
    if points.ndim != 2 or points.shape[0] <= max(_MOUTH) or points.shape[1] < 2 or not np.isfinite(points).all():
        raise InputError(f"landmarks have shape {points.shape}; expected finite (478, 3), px")
    if side_px < 1:
        raise InputError(f"the side is {side_px} px; expected 1 or more")
    x, y = points[_MOUTH, :2].mean(axis=0)
    left, top = round(float(x) - (side_px - 1) / 2), round(float(y) - (side_px - 1) / 2)
    return Box(left, top, left + side_px, top + side_px)


def mouth_pixel_distance(
    source: AnyArray, result: AnyArray, landmarks: AnyArray, side_px: int = MOUTH_SIDE_PX
) -> float:
    """NED's MAPD: :func:`pixel_distance` within :func:`mouth_box`, as far as it lies inside the picture.

    Args:
        source: See :func:`pixel_distance`.
        result: See :func:`pixel_distance`.
        landmarks: See :func:`mouth_box`.
        side_px: See :func:`mouth_box`.

    Returns:
        See :func:`pixel_distance`; NaN where the mouth lies outside the picture.

    Raises:
        InputError: Pictures or landmarks that do not fit.
    """
    first, second = checked_pictures(source, result)
    box = mouth_box(landmarks, side_px).clipped(first.shape[1], first.shape[0])
    if box.empty:
        return float("nan")
    area = (slice(box.y0, box.y1), slice(box.x0, box.x1))
    return pixel_distance(first[area], second[area])


class PixelDistance:
    """Accumulates :func:`pixel_distance` over frames, pixel by pixel; keeps no frame."""

    def __init__(self) -> None:
        """Start with no frame."""
        self._total, self._pixels, self._frames = 0.0, 0, 0
        self._worst: tuple[float, int] | None = None

    def add(self, frame: int, source: AnyArray, result: AnyArray, mask: AnyArray | None = None) -> float:
        """Measure a frame; one whose mask is empty is left out.

        Returns:
            Its distance.

        Raises:
            InputError: See :func:`pixel_distance`.
        """
        total, count = _sum(source, result, mask)
        if count == 0:
            return float("nan")
        self._total += total
        self._pixels += count
        self._frames += 1
        value = total / count
        if self._worst is None or value > self._worst[0]:
            self._worst = (value, frame)
        return value

    def result(self) -> PixelDistanceOfFrames:
        """What was found so far."""
        if self._worst is None:
            return PixelDistanceOfFrames(float("nan"), 0, None)
        return PixelDistanceOfFrames(self._total / self._pixels, self._frames, self._worst[1])


def _sum(source: AnyArray, result: AnyArray, mask: AnyArray | None) -> tuple[float, int]:
    first, second = checked_pictures(source, result, mask)
    if first.ndim != 3 or first.shape[2] != 3:
        raise InputError(f"the pictures have shape {first.shape}; expected (H, W, 3), RGB")
    if mask is not None:
        first, second = first[mask], second[mask]
    difference = np.subtract(second, first, dtype=np.float32)
    distances = np.sqrt(np.einsum("...c,...c->...", difference, difference))
    return float(distances.sum(dtype=np.float64)), int(distances.size)
