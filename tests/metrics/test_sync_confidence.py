import av
import numpy as np
import pytest

from mien.errors import ClipError, InputError
from mien.metrics.speech import speech_samples
from mien.metrics.sync_confidence import crop_face, face_boxes, measure_sync, sync_score


def unit_vectors(count, size=64, seed=0):
    rows = np.random.default_rng(seed).normal(size=(count, size))
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


@pytest.mark.parametrize("late", [-15, -2, 0, 3, 15])
def test_a_known_offset_is_found(late):
    speech = unit_vectors(60)
    faces = np.roll(speech, late, axis=0)  # the lips show it so many frames later
    score = sync_score(faces, speech)
    assert score.offset_frames == late
    assert score.lse_c > 0.5  # unrelated unit vectors are √2 apart


def test_figures_against_the_definition_written_out():
    faces, speech = unit_vectors(20, 8, 1), unit_vectors(20, 8, 2)
    means = []
    for k in range(-15, 16):
        each = []
        for i in range(20):
            heard = speech[i + k] if 0 <= i + k < 20 else np.zeros(8)
            each.append(np.sqrt(sum((faces[i] - heard) ** 2)))
        means.append(sum(each) / 20)
    score = sync_score(faces, speech)
    assert score.lse_d == pytest.approx(min(means))
    assert score.lse_c == pytest.approx(sorted(means)[15] - min(means))
    assert score.offset_frames == 15 - int(np.argmin(means))


def test_degenerate_features():
    one = sync_score(np.ones((1, 4)), np.ones((1, 4)))
    assert (one.lse_d, one.offset_frames) == (0, 0)
    assert one.lse_c == pytest.approx(2)  # all other offsets meet silence, whose features are zero
    for bad in ((np.ones((0, 4)), np.ones((0, 4))), (np.ones((3, 4)), np.ones((2, 4))), (np.full((1, 2), np.nan),) * 2):
        with pytest.raises(InputError, match="expected twice"):
            sync_score(*bad)


def test_boxes_and_crops_by_hand(faces):
    still = face_boxes(faces.face(frames=20))
    mesh = faces.face()[0, :468, :2]
    low, high = mesh.min(axis=0), mesh.max(axis=0)
    np.testing.assert_allclose(still[10], [*(low + high) / 2, (high - low).max() / 2])
    jumped = faces.face(frames=20)
    jumped[10] += 500  # a slip of the tracker in one frame
    np.testing.assert_allclose(face_boxes(jumped)[10], still[10])
    rgb = np.random.default_rng(0).integers(0, 256, (400, 500, 3)).astype(np.uint8)
    # half a box of 80: 224 px around the middle, from 80 above to 144 below
    np.testing.assert_array_equal(crop_face(rgb, (250.0, 180.0, 80.0)), rgb[100:324, 138:362])
    beyond = crop_face(rgb, (0.0, 180.0, 80.0))
    assert (beyond[:, :112] == 110).all()
    np.testing.assert_array_equal(beyond[:, 112:], rgb[100:324, :112])
    with pytest.raises(InputError, match="expected finite"):
        face_boxes(faces.face()[0])
    with pytest.raises(InputError, match="expected at least 2"):
        crop_face(rgb, (250.0, 180.0, 0.1))
    with pytest.raises(InputError, match="outside the image"):
        crop_face(rgb, (250.0, 9000.0, 80.0))


@pytest.fixture(scope="module")
def network():
    """SyncNet with numbers of ours."""
    torch = pytest.importorskip("torch")
    from mien.nn.syncnet import SyncNet

    rng = np.random.default_rng(0)
    arrays = {}
    for name, value in SyncNet().state_dict().items():
        if value.ndim > 1:
            arrays[name] = rng.normal(0, (2 / np.prod(value.shape[1:])) ** 0.5, tuple(value.shape)).astype(np.float32)
        else:
            arrays[name] = np.full(tuple(value.shape), float(name.endswith(("running_var", "weight"))), np.float32)
    torch.set_num_threads(2)
    return SyncNet.from_arrays(arrays)


def test_a_clip_of_50_frames_per_second_is_heard_and_seen_at_25(network):
    import torch

    from mien.nn.mfcc import mfcc

    rng = np.random.default_rng(1)
    pictures = rng.integers(0, 256, (17, 60, 60, 3)).astype(np.uint8)
    samples = np.round(rng.normal(0, 3000, 640 * 9)).astype(np.int16)
    boxes = np.tile([30.0, 25.0, 20.0], (17, 1))
    score = measure_sync(((i / 50, p) for i, p in enumerate(pictures)), boxes, samples, network)
    crops = np.stack([crop_face(p, (30.0, 25.0, 20.0)) for p in pictures[::2]])[..., ::-1]  # nine frames, BGR
    windows = np.stack([crops[i : i + 5].transpose(3, 0, 1, 2) for i in range(4)]).astype(np.float32)
    rows = mfcc(samples)
    heard = np.stack([rows[4 * i : 4 * i + 20].T for i in range(4)]).astype(np.float32)
    with torch.no_grad():
        expected = sync_score(
            network.face_features(torch.from_numpy(windows)).numpy(),
            network.audio_features(torch.from_numpy(heard)).numpy(),
        )
    assert score.offset_frames == expected.offset_frames
    # float32, windows alone against windows together
    assert score.lse_d == pytest.approx(expected.lse_d, rel=1e-4)
    assert score.lse_c == pytest.approx(expected.lse_c, rel=1e-3, abs=1e-4 * expected.lse_d)


def test_too_short_is_said(network):
    frames = [(i / 25, np.zeros((60, 60, 3), np.uint8)) for i in range(5)]
    boxes = np.tile([30.0, 25.0, 20.0], (5, 1))
    with pytest.raises(InputError, match="at least"):
        measure_sync(iter(frames), boxes, np.zeros(16000, np.int16), network)
    with pytest.raises(InputError, match=r"0\.00 s of sound"):
        measure_sync(iter([]), boxes, np.zeros(0, np.int16), network)


def write_sound(path, start_s=0.0, rate=48000, seconds=1.0):
    """A tone of 440 Hz, stereo, in a container that keeps it as it is."""
    count = int(rate * seconds)
    tone = (8000 * np.sin(2 * np.pi * 440 * np.arange(count) / rate)).astype(np.int16)
    with av.open(str(path), "w") as output:
        stream = output.add_stream("pcm_s16le", rate=rate, layout="stereo")
        frame = av.AudioFrame.from_ndarray(np.repeat(tone, 2)[None], format="s16", layout="stereo")
        frame.sample_rate, frame.pts = rate, round(start_s * rate)
        for packet in [*stream.encode(frame), *stream.encode(None)]:
            output.mux(packet)
    return path


def test_speech_is_brought_to_16_khz_and_to_the_first_frames_time(tmp_path):
    samples = speech_samples(write_sound(tmp_path / "tone.mkv"))
    assert samples.dtype == np.int16
    assert len(samples) == pytest.approx(16000, abs=32)  # the resampler's filter
    spectrum = np.abs(np.fft.rfft(samples[:16000].astype(float), 16000))
    assert int(spectrum.argmax()) == 440
    assert np.abs(samples).max() == pytest.approx(8000, rel=0.05)
    late = speech_samples(write_sound(tmp_path / "late.mkv", start_s=0.5), start_s=0.1)
    assert len(late) == pytest.approx(16000 + 6400, abs=32)
    assert not late[:6399].any()
    early = speech_samples(tmp_path / "tone.mkv", start_s=0.25)
    assert len(early) == pytest.approx(12000, abs=32)
    np.testing.assert_array_equal(early, samples[-len(early) :])


def test_no_sound_and_no_clip(tmp_path):
    with av.open(str(tmp_path / "mute.mkv"), "w") as output:
        stream = output.add_stream("ffv1", rate=25)
        stream.width = stream.height = 16
        for packet in [*stream.encode(av.VideoFrame(16, 16, "yuv420p")), *stream.encode(None)]:
            output.mux(packet)
    assert len(speech_samples(tmp_path / "mute.mkv")) == 0
    (tmp_path / "text.mp4").write_text("no clip")
    with pytest.raises(ClipError, match=r"text\.mp4"):
        speech_samples(tmp_path / "text.mp4")
