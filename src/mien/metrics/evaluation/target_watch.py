"""The result against real footage of what it should look like: the papers' distances, frame by frame."""

from __future__ import annotations

from contextlib import suppress

import numpy as np

from mien.errors import InputError, ModelError
from mien.metrics.background import distance_to_hull
from mien.metrics.evaluation.evaluation import Figure
from mien.metrics.evaluation.judged import Kind, judged, unavailable, where
from mien.metrics.evaluation.look import Look
from mien.metrics.evaluation.measured import Measured, Table, mean, worst
from mien.metrics.evaluation.ruler import Face, Ruler, chosen_face, picture_of
from mien.metrics.landmark_distance import MOUTH_20, landmark_distances
from mien.metrics.picture_distance import PictureDistance, lpips
from mien.metrics.pixel_distance import APD_NAME, FAPD_NAME, MAPD_NAME, mouth_pixel_distance, pixel_distance
from mien.metrics.pose_drift import pose_drift
from mien.metrics.psnr import decibels, mean_squared_error
from mien.metrics.ssim import ssim
from mien.types import ByteArray, DoubleArray

SSIM_EVERY = 5
LPIPS_EVERY = 10

MOUTH_SHARE = 72 / 256
"""NED's square around the mouth, as a share of its face crops."""

CROP_SHARE = 2.2
"""Side of such a crop in eye distances: a face with a margin, as NED's detector cuts it."""

PSNR = Kind("PSNR", "PSNR to the real footage", "picture", "dB", "DNT 5.3, FG-EmoTalk")
SSIM = Kind("SSIM", "SSIM to the real footage", "picture", "", "DNT 5.3, FG-EmoTalk")
APD = Kind(APD_NAME, "Average pixel distance to the real footage", "picture", "shades of 255", "NED 4.3")
FAPD = Kind(f"{FAPD_NAME}[face mesh]", "Pixel distance of the face", "picture", "shades of 255",
            "NED 4.1; its mask differs")  # fmt: skip
MAPD = Kind(MAPD_NAME, "Pixel distance of the mouth", "picture", "shades of 255", "NED 4.3")
LMD = Kind("LMD", "Lip landmarks' distance to the real footage", "sync", "px", "DNT 5.3")
LMD_EYES = Kind("LMD[eye distances]", "Lip landmarks' distance to the real footage", "sync", "eye distances")
POSE = Kind("target_pose", "Head pose, angle to the real footage", "steadiness", "°", "ours, after FG-EmoTalk")
LPIPS = Kind("LPIPS-Alex", "LPIPS to the real footage", "picture", "", "FG-EmoTalk")
_WHOLE = (PSNR, SSIM, APD)
_FACE = (FAPD, MAPD, LMD, LMD_EYES, POSE)


class TargetWatcher:
    """Compares every frame of the result with that of the real footage.

    Args:
        ruler: For the real footage; entered by the caller.
        number: Of the face: 1 for the largest.
    """

    def __init__(self, ruler: Ruler, number: int) -> None:
        self._ruler, self._number = ruler, number
        self._last: DoubleArray | None = None
        self._table = Table()
        self._seen = False
        self._sizes_differ = False
        self._missing = ""
        self._lpips: PictureDistance | None = None
        try:
            self._lpips = lpips("alex")
        except ModelError as error:
            self._missing = f"Not available: {str(error).rstrip('.')}."

    def see(self, row: int, look: Look) -> None:
        """See :meth:`mien.metrics.evaluation.look.Watcher.see`."""
        while self._table.rows <= row:
            self._table.add_row()
        if look.pair.target is None:
            return
        self._seen = True
        target = picture_of(look.pair.target)
        face = chosen_face(self._ruler.faces(look.pair.target, target), self._number, self._last)
        self._last = None if face is None else face.centre
        if target.shape == look.result.shape:
            self._compare_pixels(row, target, look.result, face)
        else:
            self._sizes_differ = True
        if face is not None and look.result_face is not None:
            points = face.landmarks[None], look.result_face.landmarks[None]
            lips = [p[:, MOUTH_20, :2] for p in points]
            distance = float(landmark_distances(lips[0], lips[1])[0])
            self._table.set(row, LMD=distance, LMD_eyes=distance / face.size, pose=float(pose_drift(*points)[0]))

    def _compare_pixels(self, row: int, target: ByteArray, result: ByteArray, face: Face | None) -> None:
        error = mean_squared_error(target, result)
        self._table.set(row, error=error, APD=pixel_distance(target, result))
        if row % SSIM_EVERY == 0:
            self._table.set(row, SSIM=ssim(target, result))
        if self._lpips is not None and row % LPIPS_EVERY == 0:
            self._table.set(row, LPIPS=self._lpips.between(target, result))
        if face is not None:
            height, width = target.shape[0], target.shape[1]
            mask = distance_to_hull(face.landmarks[:, :2], height, width) == 0
            side = max(1, round(MOUTH_SHARE * CROP_SHARE * face.size))
            with suppress(InputError):  # a face outside the picture
                self._table.set(row, FAPD=pixel_distance(target, result, mask))
                self._table.set(row, MAPD=mouth_pixel_distance(target, result, face.landmarks, side))

    def figures(self, measured: Measured) -> list[Figure]:
        """See :meth:`mien.metrics.evaluation.look.Watcher.figures`."""
        if not self._seen:
            why = "No frame of the real footage is shown when one of the result is."
            return [unavailable(kind, why) for kind in (*_WHOLE, *_FACE, LPIPS)]
        error = self._table.column("error")
        value = decibels(mean(error)) if mean(error) > 0 else float("nan")
        figures = [self._figure(measured, PSNR, value, error)]
        for kind, name, sign in ((SSIM, "SSIM", -1.0), (APD, "APD", 1.0), (FAPD, "FAPD", 1.0), (MAPD, "MAPD", 1.0),
                                 (LMD, "LMD", 1.0), (LMD_EYES, "LMD_eyes", 1.0), (POSE, "pose", 1.0)):  # fmt: skip
            values = self._table.column(name)
            figures.append(self._figure(measured, kind, mean(values), sign * values))
        if self._missing:
            return [*figures, unavailable(LPIPS, self._missing)]
        values = self._table.column("LPIPS")
        return [*figures, self._figure(measured, LPIPS, mean(values), values)]

    def _figure(self, measured: Measured, kind: Kind, value: float, badness: DoubleArray) -> Figure:
        if np.isnan(value):
            why = "No frame of the real footage and the result has the face."
            if kind not in _FACE[2:]:
                why = (
                    "The real footage and the result differ in size, so their pixels cannot be compared."
                    if self._sizes_differ
                    else "There is nothing to compare: the pixels are the same, or none has a face."
                )
            return unavailable(kind, why)
        row = worst(badness)
        sentence = f"{kind.label}: {value:.3g} {kind.unit}".rstrip() + f", farthest {where(measured, row)}."
        return judged(kind, value, sentence, measured, row)
