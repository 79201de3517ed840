import numpy as np
import pytest
from PIL import Image

from mien.errors import EmotionError, InputError
from mien.metrics import recognition
from mien.metrics.recognition import CROPS, FaceCrop, crop_face, grey, target_probability

LABELS = ("angry", "disgust", "fear", "happy", "sad", "surprise", "neutral")


def picture(height=600, width=640, seed=0):
    """Noise on a coarse grid, so that shifts show."""
    coarse = np.random.default_rng(seed).integers(0, 256, (height // 20, width // 20, 3)).astype(np.uint8)
    return np.asarray(Image.fromarray(coarse).resize((width, height), Image.Resampling.BICUBIC))


def test_crops_agree_with_opencv(faces):
    cv2 = pytest.importorskip("cv2")
    rgb, points = picture(), faces.face()[0]
    for crop in CROPS.values():
        x0, y0 = round(300 - 50 * crop.width), round(270 + 100 * crop.down - 50 * crop.height)
        x1, y1 = round(300 + 50 * crop.width), round(270 + 100 * crop.down + 50 * crop.height)
        cut = cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY)[y0:y1, x0:x1]
        method = cv2.INTER_AREA if crop.smooth else cv2.INTER_LINEAR
        expected = cv2.resize(cut, (64, 64), interpolation=method).astype(int)
        assert np.abs(crop_face(rgb, points, crop) - expected).max() <= 1  # one value of rounding


def test_grey_agrees_with_pillow():
    rgb = picture()
    difference = grey(rgb).astype(int) - np.asarray(Image.fromarray(rgb).convert("L"))
    assert np.abs(difference).max() <= 1


def test_crop_follows_the_face(faces):
    rgb, points = picture(), faces.face()[0]
    crop = FaceCrop(0.2, 2.0, 2.0)
    first = crop_face(rgb, points, crop)
    np.testing.assert_array_equal(
        crop_face(np.roll(rgb, (40, 20), (0, 1)), points + np.array((20, 40, 0)), crop), first
    )
    doubled = np.repeat(np.repeat(rgb, 2, 0), 2, 1)
    larger = crop_face(doubled, points * 2 + (0.5, 0.5, 0), crop)
    assert np.abs(larger.astype(int) - first).mean() < 3  # whole-pixel borders round differently


def test_beyond_the_border_the_edge_repeats(faces):
    rgb = np.full((600, 640, 3), 90, np.uint8)
    assert (crop_face(rgb, faces.face()[0] - (290, 290, 0), CROPS["wide"]) == 90).all()
    with pytest.raises(InputError, match="outside"):
        crop_face(rgb, faces.face()[0] + (2000, 0, 0), CROPS["wide"])


def test_refuses_broken_landmarks(faces):
    rgb = picture()
    with pytest.raises(InputError, match="expected finite"):
        crop_face(rgb, faces.face(), CROPS["wide"])
    with pytest.raises(InputError, match="eye distance"):
        crop_face(rgb, np.zeros((478, 3)), CROPS["wide"])


def test_target_probability_by_hand():
    found = np.array([0.3, 0.2, 0.1, 0.15, 0.05, 0.05, 0.15])
    assert target_probability(found, "happy", LABELS) == pytest.approx(0.15)
    assert target_probability(found, "disgusted", LABELS) == pytest.approx(0.5)  # disgust or angry
    assert target_probability(np.stack([found, found[::-1]]), "sad", LABELS) == pytest.approx([0.05, 0.1])
    with pytest.raises(EmotionError, match="contempt"):
        target_probability(found, "contempt", LABELS)


def test_recognise_reports_every_crop(classifier, faces):
    rgb, points = picture(), faces.face()[0]
    seen = recognition.recognise(rgb, points, classifier)
    assert list(seen) == list(CROPS)
    np.testing.assert_allclose([p.sum() for p in seen.values()], 1, atol=1e-5)
    alone = recognition.probabilities(crop_face(rgb, points, CROPS["box"])[None], classifier)[0]
    np.testing.assert_allclose(seen["box"], alone, atol=1e-6)


def test_colour_crops_are_made_grey(classifier):
    crops = np.stack([picture()[:64, :64], picture()[64:128, :64]])
    np.testing.assert_array_equal(
        recognition.probabilities(crops, classifier), recognition.probabilities(grey(crops), classifier)
    )
