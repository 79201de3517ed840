"""Glasses stay in shape: rims drawn at known places are measured in the edited pixels."""

import dataclasses

import numpy as np
import pytest

from mien.emotion.track import EmotionTrack
from mien.systems.instant.config import InstantConfig
from mien.systems.instant.system import Instant

from ...worn_glasses import put_on_glasses

FRAME = 5
AWAY = np.linspace(-5.0, 5.0, 81)


@pytest.fixture(scope="module")
def worn(tmp_path_factory):
    return put_on_glasses(tmp_path_factory.mktemp("glasses"))


def edited(analysis, emotion, face=None, **settings):
    (found,) = analysis.faces
    renderer = Instant(InstantConfig(**settings)).face_renderer(analysis, face or found, EmotionTrack.parse(emotion))
    (frame,) = analysis.clip.frames(FRAME, FRAME + 1)
    return frame, renderer.render(frame)


def across(picture, line):
    """Brightness across each point of a rim ``(N, 81)``, from 5 px inside to 5 px outside."""
    grey = picture.astype(float).mean(axis=2)
    ahead = np.roll(line, -1, axis=0) - np.roll(line, 1, axis=0)
    normals = np.column_stack([ahead[:, 1], -ahead[:, 0]]) / np.linalg.norm(ahead, axis=1, keepdims=True)
    x, y = np.moveaxis(line[:, None] + AWAY[:, None] * normals[:, None], 2, 0)
    i, j = x.astype(int), y.astype(int)
    f, h = x - i, y - j
    values = (grey[j, i] * (1 - f) + grey[j, i + 1] * f) * (1 - h)
    return values + (grey[j + 1, i] * (1 - f) + grey[j + 1, i + 1] * f) * h


def moved(before, after, line):
    """How far the rim moved at each point, px: where its profile, 3 px wide, fits best."""
    source, result = across(before.rgb(), line), across(after.rgb(), line)
    core = np.flatnonzero(np.abs(AWAY) <= 1.5)
    shifts = np.arange(-core[0], len(AWAY) - core[-1])
    misfit = np.stack([((result[:, core + s] - source[:, core]) ** 2).sum(axis=1) for s in shifts])
    return np.abs(shifts[misfit.argmin(axis=0)]) * (AWAY[1] - AWAY[0])


@pytest.mark.parametrize("emotion", ["surprised", "fear", "angry", "disgusted", "sad", "happy"])
def test_rims_keep_their_place_and_shape(worn, emotion):
    before, after = edited(worn.worn, emotion)
    _, bent = edited(worn.worn, emotion, glasses="none")
    kept = np.concatenate([moved(before, after, line) for line in worn.lines[FRAME][:2]])
    free = np.concatenate([moved(before, bent, line) for line in worn.lines[FRAME][:2]])
    assert np.quantile(kept, 0.95) < 0.5
    assert np.quantile(free, 0.95) > 1.0  # without it they bend: the measure sees it


def test_brows_act_above_the_rims(worn):
    """The brows are where they are when glasses bend along: only what is near the rims is different."""
    before, kept = (frame.rgb().astype(int) for frame in edited(worn.worn, "surprised"))
    bent = edited(worn.worn, "surprised", glasses="none")[1].rgb().astype(int)
    for line in worn.lines[FRAME][:2]:
        x, y = int(line[:, 0].mean()), int(line[:, 1].min())
        brow = np.s_[y - 34 : y - 22, x - 15 : x + 16]
        assert np.abs(kept[brow] - before[brow]).mean() > 5.0
        assert np.abs(kept[brow] - bent[brow]).mean() < 1.0


def test_lids_act_behind_the_lenses(worn):
    """Within the lens, far from the rim, the eye is edited as it is without glasses kept."""
    before, kept = edited(worn.worn, "surprised")
    _, bent = edited(worn.worn, "surprised", glasses="none")
    landmarks = worn.worn.faces[0].track.landmarks(FRAME, FRAME + 1)[0]
    x, y = landmarks[[159, 145], :2].mean(axis=0).round().astype(int)
    eye = np.s_[y - 5 : y + 6, x - 8 : x + 9]
    assert np.abs(kept.rgb()[eye].astype(int) - before.rgb()[eye]).mean() > 3.0
    np.testing.assert_allclose(kept.rgb()[eye].astype(int), bent.rgb()[eye], atol=1)


def test_light_and_wrinkles_are_not_painted_on_rims(worn):
    before, after = edited(worn.worn, "angry", wrinkles=2.0, shading=2.0, color=2.0)
    line = np.rint(np.concatenate(worn.lines[FRAME][:2])).astype(int)
    x, y = line.T
    change = np.abs(after.rgb()[y, x].astype(int) - before.rgb()[y, x])
    assert np.quantile(change.max(axis=1), 0.95) <= 3  # chroma is shared with the neighbours: a shade or two


def test_no_emotion_changes_no_sample(worn):
    before, after = edited(worn.worn, "surprised 0")
    np.testing.assert_array_equal(after.rgb(), before.rgb())


def test_where_there_are_no_glasses_nothing_is_different(worn):
    _, auto = edited(worn.bare, "fear")
    _, none = edited(worn.bare, "fear", glasses="none")
    np.testing.assert_array_equal(auto.rgb(), none.rgb())


def test_the_same_edit_gives_the_same_samples(worn):
    first, second = (edited(worn.worn, "fear")[1].rgb() for _ in range(2))
    np.testing.assert_array_equal(first, second)


def test_glasses_that_are_taken_off_leave_the_face_as_bare(worn):
    """Glasses of the shot, but none in this frame: it is edited as a bare face, but for the held temples.

    Those hold the brows' outer ends, too, so the skin between brows and lids is evened a little otherwise: two levels.
    """
    (bare,), (with_them,) = worn.bare.faces, worn.worn.faces
    glasses = with_them.parameters.glasses
    known = dataclasses.replace(bare, parameters=dataclasses.replace(bare.parameters, glasses=glasses))
    _, kept = edited(worn.bare, "fear", known)
    _, free = edited(worn.bare, "fear")
    x, y = bare.track.landmarks(FRAME, FRAME + 1)[0][[66, 296], :2].mean(axis=0).round().astype(int)
    middle = np.s_[y - 40 : y + 60, x - 20 : x + 20]
    assert np.abs(kept.rgb()[middle].astype(int) - free.rgb()[middle]).max() <= 2
