"""Pixels that are not square: a squeezed copy of the example clip gives the same face and the same edit."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from mien.emotion.track import EmotionTrack
from mien.geometry.camera import project
from mien.morphable import builtin
from mien.reconstruction.analysis import Analysis, analyse
from mien.systems.base import render
from mien.systems.instant.system import Instant
from mien.types import AnyArray
from mien.video.clip import Clip

EXAMPLE = Path(__file__).parents[3] / "src/mien/app/data/example.mp4"
COUNT = 24
ASPECT = Fraction(4, 3)


def copy(target: Path, aspect: Fraction) -> Clip:
    """The example's first frames, nearly lossless, each row squeezed by the pixel aspect."""
    with av.open(str(EXAMPLE)) as source, av.open(str(target), "w") as out:
        stream = source.streams.video[0]
        written = out.add_stream("libx264", rate=25, options={"crf": "6", "preset": "veryfast"})
        written.width, written.height, written.pix_fmt = int(stream.width / aspect) // 2 * 2, stream.height, "yuv444p"
        written.codec_context.sample_aspect_ratio = aspect
        for index, frame in enumerate(source.decode(stream)):
            if index == COUNT:
                break
            squeezed = frame.reformat(written.width, written.height, format="yuv444p", interpolation="AREA")
            squeezed.pts, squeezed.time_base = index, Fraction(1, 25)
            out.mux(written.encode(squeezed))
        out.mux(written.encode(None))
    return Clip.open(target)


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> tuple[Analysis, Analysis]:
    folder = tmp_path_factory.mktemp("anamorphic")
    square, squeezed = copy(folder / "square.mp4", Fraction(1)), copy(folder / "squeezed.mp4", ASPECT)
    assert squeezed.info.pixel_aspect == ASPECT
    return analyse(square, cache=False), analyse(squeezed, cache=False)


def test_the_same_face_is_fitted(both: tuple[Analysis, Analysis]) -> None:
    """The tracker trembles by about 1 % of the eye distance when pixels are squeezed; squeezed by 4/3 untold, the head
    would be 20 % narrower."""
    square, squeezed = (analysis.faces[0].parameters for analysis in both)
    assert squeezed.pixel_aspect == pytest.approx(4 / 3)
    assert np.abs(square.pitch_yaw_roll_degrees() - squeezed.pitch_yaw_roll_degrees()).mean() < 1.0
    np.testing.assert_allclose(squeezed.scale, square.scale, rtol=0.02)
    assert np.abs(squeezed.beta - square.beta).mean() < 0.02
    assert squeezed.residual.mean() < 1.2 * square.residual.mean()
    np.testing.assert_allclose(squeezed.translation * [4 / 3, 1], square.translation, atol=0.03 * 120)


def test_the_fit_lies_on_the_landmarks_of_the_frame(both: tuple[Analysis, Analysis]) -> None:
    model = builtin.load()
    for analysis in both:
        face = analysis.faces[0]
        shape = model.shape(face.parameters.alpha, face.parameters.beta[5])
        placed = project(shape[model.landmark_vertices], face.parameters.pose(5))
        apart = np.linalg.norm(placed[:, :2] - face.track.landmarks(5, 6)[0, :468, :2], axis=1)
        assert np.median(apart) < 0.025 * face.track.eye_distance[5]


def test_the_edit_is_the_same_up_to_the_squeeze(both: tuple[Analysis, Analysis]) -> None:
    """Measured against the edit itself, where it changes the picture at all."""
    changes = []
    for analysis in both:
        before = list(analysis.clip.frames())[12].rgb().astype(float)
        track = {"largest": EmotionTrack.parse("happy")}
        after = next(frame for frame in render(Instant(), analysis, track) if frame.index == 12)
        changes.append(coarse(after.rgb().astype(float) - before))
    square, squeezed = changes
    assert np.abs(squeezed - square).mean() < 0.35 * np.abs(square).mean()
    assert np.corrcoef(squeezed.ravel(), square.ravel())[0, 1] > 0.9


def coarse(picture: AnyArray) -> AnyArray:
    """Means over a grid of 60 by 60 cells."""
    rows, columns = (np.linspace(0, length, 61).astype(int)[:-1] for length in picture.shape[:2])
    sums = np.add.reduceat(np.add.reduceat(picture, rows, axis=0), columns, axis=1)
    return sums / (picture.shape[0] * picture.shape[1] / 3600)
