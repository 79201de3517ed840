from pathlib import Path

import numpy as np
import pytest

from mien.errors import ModelError
from mien.tracking import BLENDSHAPE_NAMES, find_landmarker, track_clip
from mien.tracking.landmarker import LANDMARKER_VARIABLE, BlendshapeReader
from mien.video.clip import Clip


def test_the_file_is_found_by_argument_then_by_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(LANDMARKER_VARIABLE, raising=False)
    assert find_landmarker() is None
    for name in ("argument", "environment"):
        (tmp_path / name).write_bytes(b"")
    monkeypatch.setenv(LANDMARKER_VARIABLE, str(tmp_path / "environment"))
    assert find_landmarker() == tmp_path / "environment"
    assert find_landmarker(tmp_path / "argument") == tmp_path / "argument"
    with pytest.raises(ModelError, match="no face landmarker file"):
        find_landmarker(tmp_path / "missing")


def test_a_file_of_another_kind_is_a_clear_error(tmp_path: Path) -> None:
    file = tmp_path / "face_landmarker.task"
    file.write_bytes(b"not a zip")
    with pytest.raises(ModelError, match="not a face landmarker file"):
        BlendshapeReader(file)


def test_scores_agree_with_mediapipes_own_task(shared: Path, tmp_path: Path) -> None:
    import mediapipe
    from mediapipe.tasks.python import BaseOptions, vision

    model = shared / "weights/face_landmarker.task"
    clip = Clip.open(shared / "clips/driving_d20.mp4")
    options = vision.FaceLandmarkerOptions(
        base_options=BaseOptions(model_asset_path=str(model)),
        running_mode=vision.RunningMode.VIDEO,
        output_face_blendshapes=True,
    )
    expected = []
    with vision.FaceLandmarker.create_from_options(options) as task:
        for frame in clip.frames(0, 40):
            image = mediapipe.Image(image_format=mediapipe.ImageFormat.SRGB, data=frame.rgb())
            scores = task.detect_for_video(image, frame.index * 40).face_blendshapes[0]
            expected.append([score.score for score in scores])
    assert tuple(score.category_name for score in scores) == BLENDSHAPE_NAMES
    (shot,) = track_clip(clip, tmp_path, landmarker=model)
    found = shot.faces[0].blendshapes(0, 40)
    assert found is not None
    # The same networks on regions found in two ways: near, not equal.
    assert np.abs(found - np.array(expected)).mean() < 0.02
    assert np.corrcoef(found.ravel(), np.array(expected).ravel())[0, 1] > 0.97
