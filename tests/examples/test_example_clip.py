"""The committed clip is what the demonstration needs; and the script that made it still works."""

from __future__ import annotations

import ctypes.util
import importlib

import av
import numpy as np
import pytest

import mien
from mien.app.demonstration import example_clip
from mien.metrics.lip_sync import correlation, lip_opening
from mien.morphable import builtin
from mien.morphable.regions import INNER_LIP_LOWER, INNER_LIP_UPPER


@pytest.fixture(scope="module")
def face():
    analysis = mien.open(example_clip()).analyse()
    (shot,) = analysis.shots
    (found,) = shot.faces
    landmarks = np.asarray(found.track.landmarks(found.track.start, found.track.stop))
    assert len(landmarks) == analysis.frame_count == 136  # a face in every frame
    return found, landmarks, analysis.times_s


def test_form():
    content = example_clip().read_bytes()
    assert len(content) <= 1_000_000
    assert content.index(b"moov") < content.index(b"mdat")  # plays while it loads
    with av.open(str(example_clip())) as container:
        video, audio = container.streams.video[0], container.streams.audio[0]
        assert (video.codec_context.name, video.width, video.height) == ("h264", 512, 512)
        assert audio.codec_context.name == "aac"
        assert 4.5 <= container.duration / av.time_base <= 6.0


def test_face_begins_neutral_talks_and_blinks(face):
    found, landmarks, times_s = face
    names = builtin.load().expression_names
    smile = found.parameters.beta[:, [names.index("AU12L"), names.index("AU12R")]]
    assert smile.mean() < 0.15  # the portrait's own is 0.9
    opening = lip_opening(landmarks)
    assert opening[times_s < 0.15].max() < 0.02  # closed before the first word
    assert np.ptp(opening) > 0.1
    lids = np.linalg.norm(landmarks[:, 159] - landmarks[:, 145], axis=1)
    assert lids.min() < 0.5 * np.median(lids)
    assert found.parameters.residual.max() < 0.025


def test_lips_go_with_the_sound(face):
    _, landmarks, times_s = face
    with av.open(str(example_clip())) as container:
        rate = container.streams.audio[0].rate
        sound = np.concatenate([frame.to_ndarray()[0] for frame in container.decode(audio=0)])
    parts = [sound[int(t * rate) : int((t + 0.04) * rate)] for t in times_s]
    loudness = np.array([np.sqrt((part**2).mean()) if len(part) else 0.0 for part in parts])
    # Loudness is not opening (an s is loud, an n is open), but a mouth out of step would give nothing: 0.62 was found.
    in_step = correlation(loudness, lip_opening(landmarks))
    assert in_step > 0.5
    assert in_step > correlation(loudness, np.roll(lip_opening(landmarks), 8)) + 0.3


@pytest.fixture(scope="module")
def moving(examples_folder):
    pytest.importorskip("skimage", reason="scikit-image carries the portrait")
    face_module = importlib.import_module("talking_portrait.face")
    return face_module.MovingFace(importlib.import_module("make_example_clip").load_portrait())


def coefficients(moving, **units: float) -> np.ndarray:
    return np.array([units.get(name.rstrip("LR"), 0.0) for name in moving.names])


def gaps(target: np.ndarray) -> np.ndarray:
    return target[INNER_LIP_LOWER[1:-1], 1] - target[INNER_LIP_UPPER[1:-1], 1]


def test_moving_face_closes_and_opens_its_lips_and_lids(moving):
    smile = gaps(moving.portrait.landmarks)
    assert smile.max() > 8.0  # px: it shows its teeth
    _, neutral = moving.express(coefficients(moving))
    assert np.abs(gaps(neutral)).max() < 1.0
    _, pressed = moving.express(coefficients(moving, AU24=1.0))
    assert gaps(pressed).min() > -1.0
    image, opened = moving.express(coefficients(moving, AU25=0.5, AU26=1.0))
    assert gaps(opened).max() > 6.0
    middle = opened[[13, 14]].mean(axis=0)
    dark = image[round(middle[1]), round(middle[0])]
    assert dark.mean() < 0.5 * moving.portrait.light.skin_colour.mean()
    _, shut = moving.express(coefficients(moving, AU43=1.0))
    lids = [points[145, 1] - points[159, 1] for points in (shut, moving.portrait.landmarks)]
    assert lids[0] < 0.1 * lids[1]


def test_head_turns_about_the_neck_and_the_border_stays(moving):
    image = moving.portrait.image
    np.testing.assert_array_equal(moving.turn_head(image, np.zeros(3)), image)
    ramp = np.broadcast_to(np.linspace(0.0, 1.0, 512, dtype=np.float32)[None, :, None], image.shape)
    turned = moving.turn_head(np.ascontiguousarray(ramp), np.array([0.0, 4.0, 0.0]))
    x, y = moving.portrait.landmarks[1, :2].round().astype(int)
    # Yaw to the person's left takes the nose to the image's right, so what is left of it is seen: the ramp is darker.
    moved_px = (ramp[y, x, 0] - turned[y, x, 0]) * 511
    assert 4.0 < moved_px < 20.0
    # The background fades to stillness; the far corners belong to no head.
    assert np.abs(turned - ramp)[-40:, :40].max() * 511 < 0.5
    assert np.abs(turned - ramp)[-40:, -40:].max() * 511 < 0.5


def test_mouth_follows_its_sounds(examples_folder):
    performance = importlib.import_module("talking_portrait.performance")
    speech = importlib.import_module("talking_portrait.speech")
    sounds = tuple(
        speech.Sound(ipa, start, start + 0.15) for ipa, start in (("m", 0.0), ("ɑː", 0.15), ("p", 0.3), ("uː", 0.45))
    )
    said = speech.Speech(np.ones(6000, np.int16), 10_000, sounds)
    times_s = np.arange(0.0, 0.6, 0.01)
    units = performance.action_units(said, times_s)
    jaw = units["AU26"] + units["AU25"]
    m, a, p, u = (int(100 * (start + 0.075)) for start in (0.0, 0.15, 0.3, 0.45))
    assert jaw[a] > 1.0 > jaw[u] > 0.4
    assert max(jaw[m], jaw[p]) < 0.25
    assert units["AU18"][u] > 0.5 > 0.1 > units["AU18"][a]
    assert all(((values >= 0.0) & (values <= 1.0)).all() for values in units.values())
    with pytest.raises(ValueError, match="viseme"):
        performance.action_units(speech.Speech(said.samples, 10_000, (speech.Sound("☺", 0.0, 0.6),)), times_s)


def test_clip_is_what_the_script_performs(face, examples_folder):
    pytest.importorskip("skimage", reason="the script needs scikit-image")
    if ctypes.util.find_library("espeak-ng") is None:
        pytest.skip("espeak-ng is not installed")
    script = importlib.import_module("make_example_clip")
    _, landmarks, times_s = face
    said = script.speak(script.TEXT, script.VOICE, words_per_minute=script.WORDS_PER_MINUTE)
    length_s = script.LEAD_S + len(said.samples) / said.rate + script.TAIL_S
    if round(length_s * script.FRAME_RATE) != len(times_s):
        pytest.skip("this espeak-ng speaks at another pace than the one that the clip was made with")
    jaw = script.action_units(said, times_s - script.LEAD_S)["AU26"]
    assert correlation(jaw, lip_opening(landmarks)) > 0.85  # 0.92: lips part by more than the jaw alone
