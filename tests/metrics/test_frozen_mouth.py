import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mien.errors import InputError
from mien.metrics.frozen_mouth import frozen_mouth
from mien.metrics.lip_sync import INNER_PAIRS

LOWER = [pair[1] for pair in INNER_PAIRS]
UPPER = [pair[0] for pair in INNER_PAIRS]
SPEECH = 0.05 + 0.04 * np.sin(2 * np.pi * np.arange(120) / 8) * np.sin(2 * np.pi * np.arange(120) / 31)


def talking(faces, opening):
    points = faces.face(len(opening))
    points[:, LOWER] = points[:, UPPER]
    points[:, LOWER, 1] += np.asarray(opening)[:, None] * faces.eye_distance
    return points


def test_a_frozen_stretch_is_found(faces):
    still = SPEECH.copy()
    still[40:90] = SPEECH[40]
    found = frozen_mouth(talking(faces, SPEECH), talking(faces, still))
    assert len(found.stretches) == 1
    stretch = found.stretches[0]
    # A window counts while at most a small part of it moves, so the ends are known to a few frames.
    assert stretch.first == pytest.approx(40, abs=4)
    assert stretch.last == pytest.approx(89, abs=4)
    assert stretch.share < 0.2
    assert found.frozen_frames == stretch.last - stretch.first + 1
    assert found.worst_frame == 40 + np.argmax(np.abs(SPEECH - still)[40:90])
    assert found.smallest_share == pytest.approx(0, abs=1e-9)


def test_the_mouth_of_the_whole_clip_is_frozen(faces):
    found = frozen_mouth(talking(faces, SPEECH), talking(faces, np.full(120, 0.05)))
    assert len(found.stretches) == 1
    assert found.frozen_frames > 110
    assert found.stretches[0].share == pytest.approx(0, abs=1e-9)


@pytest.mark.parametrize(
    "result",
    [
        SPEECH,
        SPEECH * 0.6,  # a mouth held more closed
        SPEECH + np.linspace(0, 0.2, 120),  # an emotion that opens the mouth
        np.roll(SPEECH, 2),  # late: another fault
        SPEECH + np.random.default_rng(0).normal(0, 0.004, 120),
    ],
)
def test_other_mouths_are_not_frozen(faces, result):
    found = frozen_mouth(talking(faces, SPEECH), talking(faces, result))
    assert found.stretches == ()
    assert found.worst_frame is None
    assert found.speaking_frames > 80


def test_a_pause_is_not_frozen(faces):
    pause = SPEECH.copy()
    pause[40:90] = SPEECH[40]
    assert frozen_mouth(talking(faces, pause), talking(faces, pause)).stretches == ()
    silent = frozen_mouth(faces.face(60), faces.face(60))
    assert (silent.speaking_frames, silent.stretches) == (0, ())
    assert np.isnan(silent.smallest_share)


def test_windows_do_not_reach_across_gaps(faces):
    still = SPEECH.copy()
    still[40:52] = SPEECH[40]
    frames = np.arange(120)
    frames[40:] += 5
    frames[52:] += 5
    assert frozen_mouth(talking(faces, SPEECH), talking(faces, still), frames).stretches == ()
    still[40:90] = SPEECH[40]
    found = frozen_mouth(talking(faces, SPEECH), talking(faces, still), np.arange(120) + 1000)
    assert 1030 < found.stretches[0].first < found.worst_frame <= found.stretches[0].last < 1100


@given(st.integers(15, 60), st.integers(30, 45))
def test_any_long_enough_stretch_is_found(faces, first, length):
    still = SPEECH.copy()
    still[first : first + length] = SPEECH[first]
    found = frozen_mouth(talking(faces, SPEECH), talking(faces, still))
    assert len(found.stretches) >= 1
    assert all(first - 6 <= s.first and s.last <= first + length + 5 for s in found.stretches)


def test_degenerate(faces):
    for count in (0, 1, 14):
        assert frozen_mouth(faces.face(count), faces.face(count)).stretches == ()
    with pytest.raises(InputError, match="finite"):
        frozen_mouth(np.full((20, 478, 3), np.nan), faces.face(20))
    with pytest.raises(InputError, match="10 or more"):
        frozen_mouth(faces.face(20), faces.face(20), window=3)
    with pytest.raises(InputError, match="one index"):
        frozen_mouth(faces.face(20), faces.face(20), frames=[0])
