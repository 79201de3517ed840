"""LIE of one picture: a calm frame of a clip at many intensities, and how evenly the face changes between them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np

from mien.errors import ModelError
from mien.metrics.evaluation.ruler import Face, choose_ruler, chosen_face, picture_of
from mien.metrics.evaluation.seen import classifier_file
from mien.metrics.expression_classifier import ExpressionClassifier
from mien.metrics.intensity_linearity import SIDE_PX, figure_name, lie, neighbour_distances
from mien.metrics.lip_sync import lip_opening
from mien.metrics.picture_distance import PictureDistance, expression_distance, lpips
from mien.nn.face_crop import resized
from mien.types import AnyArray, Box, ByteArray, DoubleArray
from mien.video.clip import Clip

CROP_SIDE = 3.0
"""Side of the square around the face that is compared, in eye distances: the whole head, as in CCFE's pictures."""

CROP_DOWN = 0.3
"""How far its middle lies below that of the outer eye corners, in eye distances."""

FIGURES = ("LIE[LPIPS-Alex]", "LIE[LPIPS-VGG]", "LIE[mini-xception]")


@dataclass(frozen=True, slots=True, eq=False)
class CalmFrame:
    """The frame of a clip that LIE is measured on.

    Attributes:
        index: Of the frame.
        picture: ``(H, W, 3)`` uint8 RGB, whole.
        face: The face in it.
    """

    index: int
    picture: ByteArray
    face: Face

    @property
    def box(self) -> Box:
        """The square around the face, inside the picture."""
        height, width = self.picture.shape[:2]
        side = max(1, min(round(CROP_SIDE * self.face.size), height, width))
        x, y = self.face.centre
        y += CROP_DOWN * self.face.size
        left = min(max(round(x - side / 2), 0), width - side)
        top = min(max(round(y - side / 2), 0), height - side)
        return Box(left, top, left + side, top + side)

    def cut(self, picture: ByteArray) -> ByteArray:
        """That square of a picture of the same size, brought to 256x256 as the paper does."""
        box = self.box
        return resized(picture[box.y0 : box.y1, box.x0 : box.x1], SIDE_PX, SIDE_PX)

    @property
    def landmarks(self) -> AnyArray:
        """``(478, 3)`` px of the face in what :meth:`cut` gives."""
        box = self.box
        scale = SIDE_PX / (box.width)
        points = np.asarray(self.face.landmarks, np.float64) - (box.x0, box.y0, 0.0)
        points[:, :2] += 0.5  # pixel centres lie at whole numbers: only edges scale
        points *= scale
        points[:, :2] -= 0.5
        return points


def calm_frame(path: Path, number: int = 1) -> CalmFrame | None:
    """The frame in which the mouth is most nearly closed; None where no frame has the face.

    Args:
        path: The clip.
        number: Of the face: 1 for the largest.

    Raises:
        ClipError: The clip cannot be decoded.
    """
    clip = Clip.open(path)
    best: tuple[float, CalmFrame] | None = None
    last: DoubleArray | None = None
    with choose_ruler(clip).make() as ruler:
        for frame in clip.frames():
            picture = picture_of(frame)
            face = chosen_face(ruler.faces(frame, picture), number, last)
            last = None if face is None else face.centre
            if face is not None:
                opening = float(lip_opening(face.landmarks[None])[0])
                if best is None or opening < best[0]:
                    best = opening, CalmFrame(frame.index, picture, face)
    return None if best is None else best[1]


def distances_for(calm: CalmFrame) -> tuple[list[PictureDistance], dict[str, str]]:
    """The distances that are on this machine, and figure to why it is not available for the others.

    Raises:
        ModelError: The mini-Xception's file is damaged.
    """
    found: list[PictureDistance] = []
    missing: dict[str, str] = {}
    trunks: dict[str, Literal["alex", "vgg"]] = {FIGURES[0]: "alex", FIGURES[1]: "vgg"}
    for figure, trunk in trunks.items():
        try:
            found.append(lpips(trunk))
        except ModelError as error:
            missing[figure] = f"Not available: {str(error).rstrip('.')}."
    path = classifier_file()
    if path is None:
        missing[FIGURES[2]] = "Not available: run `mien weights get mini-xception`."
    else:
        found.append(expression_distance(ExpressionClassifier.load(path), calm.landmarks))
    return found, missing


def evenness(pictures: Iterable[ByteArray], calm: CalmFrame, distances: Iterable[PictureDistance]) -> dict[str, float]:
    """LIE on each distance.

    Args:
        pictures: The calm frame rendered, ``(H, W, 3)`` uint8 RGB each, by rising intensity; at least three. Their
            squares of 256x256 are held together, 20 MB for a hundred.
        calm: The frame.
        distances: What to measure with.

    Returns:
        Figure's name to its value; NaN where no picture differs from the one before.

    Raises:
        InputError: Fewer than three pictures.
    """
    cuts = [calm.cut(picture) for picture in pictures]
    return {figure_name(each): lie(np.array(neighbour_distances(cuts, each))) for each in distances}
