"""The result of tracking: shots, and one face through each shot."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from mien.errors import InputError, OutputError
from mien.tracking.landmarker import BLENDSHAPE_NAMES
from mien.types import LANDMARK_COUNT, AnyArray, FloatArray

_EMPTY_ROWS = 64


@dataclass(frozen=True, slots=True)
class Rows:
    """Rows of float32 numbers, one a frame, in a raw file or in memory; read a stretch at a time.

    Attributes:
        shape: Shape of one row.
        path: The raw file, or None.
        array: All rows, or None.
    """

    shape: tuple[int, ...]
    path: Path | None = None
    array: FloatArray | None = None

    def read(self, start: int, stop: int) -> FloatArray:
        """Rows ``start`` to ``stop``, ``(stop - start, *shape)``."""
        if self.array is not None:
            return self.array[start:stop].copy()
        assert self.path is not None
        length = int(np.prod(self.shape))
        try:
            numbers = np.fromfile(self.path, np.float32, (stop - start) * length, offset=4 * start * length)
        except OSError as error:
            raise InputError(f"The tracked landmarks in {self.path} cannot be read ({error}); track again.") from error
        if numbers.size != (stop - start) * length:
            raise InputError(f"The tracked landmarks in {self.path} end early; track the clip again.")
        return numbers.reshape(stop - start, *self.shape)


@dataclass(frozen=True, eq=False)
class FaceTrack:
    """One face through one shot.

    Attributes:
        number: 1 for the largest face of the shot, then 2, ...
        start: First frame, counted in the clip.
        stop: Frame after the last.
        confidence: ``(T,)`` float32 in [0, 1]: how surely the landmarks lie on this face, unhindered. 0 where the face
            is absent; lower in bridged gaps.
        fade: ``(T,)`` float32 in [0, 1]: the weight with which an edit should apply. 1 where the face is tracked, 0 in
            long gaps, eased between; also eased where the track begins or ends within its shot. Not at cuts.
        eye_distance: ``(T,)`` float32: outer eye corner to outer eye corner in 3D, px of the frame.
        pixel_aspect: Width over height of a pixel of the frame.
    """

    number: int
    start: int
    stop: int
    confidence: FloatArray
    fade: FloatArray
    eye_distance: FloatArray
    landmark_rows: Rows = field(repr=False)
    blendshape_rows: Rows | None = field(default=None, repr=False)
    pixel_aspect: float = 1.0

    @classmethod
    def from_array(
        cls,
        landmarks: AnyArray,
        *,
        number: int = 1,
        start: int = 0,
        confidence: AnyArray | None = None,
        fade: AnyArray | None = None,
        blendshapes: AnyArray | None = None,
    ) -> FaceTrack:
        """A track from landmarks in memory.

        Args:
            landmarks: ``(T, 478, 3)`` px of the frame, finite.
            number: The face's number.
            start: First frame, counted in the clip.
            confidence: ``(T,)``; 1 everywhere if left out.
            fade: ``(T,)``; 1 everywhere if left out.
            blendshapes: ``(T, 52)`` scores, or None.

        Raises:
            InputError: If an array does not have its shape or is not finite.
        """
        points = np.asarray(landmarks, np.float32)
        if points.ndim != 3 or points.shape[1:] != (LANDMARK_COUNT, 3) or len(points) == 0:
            raise InputError(f"landmarks have shape {points.shape}, expected (frames, {LANDMARK_COUNT}, 3).")
        if not np.isfinite(points).all():
            raise InputError("landmarks hold a value that is not a finite number.")
        count = len(points)
        sure, weight = _shares("confidence", confidence, count), _shares("fade", fade, count)
        scores = None
        if blendshapes is not None:
            values = np.asarray(blendshapes, np.float32)
            if values.shape != (count, len(BLENDSHAPE_NAMES)):
                raise InputError(f"blendshapes have shape {values.shape}, expected ({count}, {len(BLENDSHAPE_NAMES)}).")
            scores = Rows((len(BLENDSHAPE_NAMES),), array=values)
        rows = Rows((LANDMARK_COUNT, 3), array=points)
        return cls(number, start, start + count, sure, weight, eye_distances(points), rows, scores)

    def landmarks(self, start: int, stop: int) -> FloatArray:
        """Landmarks of a stretch, smoothed, gaps bridged; in long gaps finite but without meaning (``fade`` is 0).

        Args:
            start: First frame, counted in the clip.
            stop: Frame after the last.

        Returns:
            ``(stop - start, 478, 3)`` float32, px of the frame (``docs/conventions.md``).

        Raises:
            InputError: If the track does not have these frames.
        """
        return self.landmark_rows.read(*self._checked(start, stop))

    def blendshapes(self, start: int, stop: int) -> FloatArray | None:
        """Blendshape scores of a stretch.

        Args:
            start: First frame, counted in the clip.
            stop: Frame after the last.

        Returns:
            ``(stop - start, 52)`` float32 in [0, 1] in the order of ``BLENDSHAPE_NAMES``; None if the clip was tracked
            without ``face_landmarker.task``.

        Raises:
            InputError: If the track does not have these frames.
        """
        rows = self._checked(start, stop)
        return None if self.blendshape_rows is None else self.blendshape_rows.read(*rows)

    def _checked(self, start: int, stop: int) -> tuple[int, int]:
        if not self.start <= start <= stop <= self.stop:
            raise InputError(f"Face {self.number} has frames {self.start} to {self.stop}, not {start} to {stop}.")
        return start - self.start, stop - self.start


@dataclass(frozen=True, eq=False)
class Shot:
    """A stretch of a clip without a cut: frames ``start <= index < stop``, and its faces, the largest first."""

    start: int
    stop: int
    faces: tuple[FaceTrack, ...]


def eye_distances(landmarks: FloatArray) -> FloatArray:
    """Outer eye corner to outer eye corner in 3D, ``(T, 478, 3)`` to ``(T,)``."""
    return np.asarray(np.linalg.norm(landmarks[:, 263] - landmarks[:, 33], axis=1), np.float32)


def _shares(name: str, given: AnyArray | None, count: int) -> FloatArray:
    shares = np.ones(count, np.float32) if given is None else np.asarray(given, np.float32)
    if shares.shape != (count,) or not ((shares >= 0) & (shares <= 1)).all():
        raise InputError(f"{name} is not {count} numbers from 0 to 1, one a frame of the landmarks.")
    return shares


class RowWriter:
    """Appends rows to a raw file, which is open only meanwhile: a shot may see more faces than files can be open.

    Args:
        path: The file, made anew.

    Raises:
        OutputError: If it cannot be written; also from :meth:`append`.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._write(b"", "wb")

    def append(self, rows: FloatArray) -> None:
        """Write one row or several."""
        self._write(np.ascontiguousarray(rows, np.float32).tobytes(), "ab")

    def append_empty(self, count: int, length: int) -> None:
        """Write ``count`` rows of ``length`` NaN."""
        for start in range(0, count, _EMPTY_ROWS):
            self.append(np.full((min(_EMPTY_ROWS, count - start), length), np.nan, np.float32))

    def discard(self) -> None:
        """Delete the file."""
        self.path.unlink()

    def _write(self, content: bytes, mode: str) -> None:
        try:
            with open(self.path, mode) as file:
                file.write(content)
        except OSError as error:
            raise OutputError(f"The tracked landmarks cannot be written to {self.path}: {error.strerror}.") from error
