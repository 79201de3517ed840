import numpy as np
import pytest

from mien.errors import EmotionError, ModelError
from mien.metrics.action_units import (
    LANDMARKER_FILE,
    LEADING_BLENDSHAPES,
    LEADING_DISTANCES,
    FaceMeter,
    distances,
    leading_distances,
    leading_scores,
)
from mien.metrics.recognition import shared_folder


def test_scores_by_hand():
    scores = {"mouthSmileLeft": 0.6, "mouthSmileRight": 0.2, "browInnerUp": 0.5}
    scores |= {"mouthFrownLeft": 0.1, "mouthFrownRight": 0.3}
    assert leading_scores(scores, "happy") == {"mouthSmile": pytest.approx(0.4)}
    assert leading_scores(scores, "sad") == {"browInnerUp": 0.5, "mouthFrown": pytest.approx(0.2)}
    assert leading_scores(scores, "contempt") == {"mouthSmileAsymmetry": pytest.approx(0.4)}


# In px of an upright face of eye distance 100; y down. What each action does to the landmarks that show it.
@pytest.mark.parametrize(
    ("name", "landmarks", "shift", "change"),
    [
        ("lip_corner_height", (61, 291), (0, -5, 0), 0.05),
        ("lip_corner_asymmetry", (291,), (0, -5, 0), 0.05),
        ("lip_width", (291,), (8, 0, 0), 0.08),
        ("upper_lip_height", (37, 0, 267), (0, -4, 0), 0.04),
        ("nose_wing_height", (129, 358), (0, -3, 0), 0.03),
        ("brow_inner_height", (55, 107, 285, 336), (0, -6, 0), 0.06),
        ("brow_outer_height", (46, 70, 276, 300), (0, 6, 0), -0.06),
    ],
)
def test_distances_move_with_their_landmarks_alone(faces, name, landmarks, shift, change):
    still, acting = faces.face(), faces.face()
    acting[:, list(landmarks)] += shift
    before, after = distances(still), distances(acting)
    assert after[name][0] - before[name][0] == pytest.approx(change)
    turned = distances(faces.moved(acting, faces.rotation(20, (1, 1, 0)), 2))
    assert turned[name][0] == pytest.approx(after[name][0])


def test_lids_and_brow_gap(faces):
    points = faces.face()
    points[:, 159], points[:, 145] = points[:, 145] - (0, 10, 0), points[:, 145]
    points[:, 386] = points[:, 374] - (0, 12, 0)
    assert distances(points)["lid_opening"][0] == pytest.approx(0.11)
    points[:, 285] = points[:, 55] + (30, 0, 0)
    points[:, 336] = points[:, 107] + (34, 0, 0)
    assert distances(points)["brow_gap"][0] == pytest.approx(0.32)


def test_leading_distances_are_signed(faces):
    points = faces.face()
    plain, led = distances(points), leading_distances(points, "angry")
    assert list(led) == ["-brow_inner_height", "-brow_gap"]
    assert led["-brow_gap"][0] == -plain["brow_gap"][0]


def test_every_emotion_has_both_and_others_are_refused(faces):
    assert set(LEADING_BLENDSHAPES) == set(LEADING_DISTANCES)
    for emotion in LEADING_DISTANCES:
        assert np.isfinite(list(leading_distances(faces.face(), emotion).values())).all()
    with pytest.raises(EmotionError, match="boredom"):
        leading_scores({}, "boredom")
    with pytest.raises(EmotionError, match="boredom"):
        leading_distances(faces.face(), "boredom")


def test_meter_finds_a_face_and_says_where_there_is_none():
    path = shared_folder() / LANDMARKER_FILE
    if not path.is_file():
        pytest.skip(f"the face landmarker is not in {shared_folder()}; set MIEN_SHARED")
    data = pytest.importorskip("skimage.data")
    with FaceMeter(path) as meter:
        found = meter.measure(data.astronaut())
        assert found is not None
        landmarks, scores = found
        assert landmarks.shape == (478, 3)
        # The astronaut smiles, looks straight, and her eyes are at about (200, 110) and (255, 110) px.
        assert leading_scores(scores, "happy")["mouthSmile"] > 0.5
        assert 180 < landmarks[33, 0] < landmarks[263, 0] < 275
        assert 90 < landmarks[33, 1] < 130
        assert meter.measure(np.zeros((200, 200, 3), np.uint8)) is None


def test_meter_names_a_missing_file(tmp_path):
    with pytest.raises(ModelError, match=r"nothing\.task"):
        FaceMeter(tmp_path / "nothing.task")
