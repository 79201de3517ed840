"""The fit of a track against the parameters that it was made from."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from mien.errors import InputError
from mien.geometry.camera import project
from mien.reconstruction.fit import fit_track, identity_frames, shared_alpha
from mien.reconstruction.solver import FitSettings
from mien.tracking.face_track import FaceTrack


def test_a_known_face_comes_back(patch_model, known_track):
    known = known_track(patch_model)
    # Without noise the priors, which pull alpha and beta towards 0, may be next to nothing.
    found = fit_track(patch_model, known.track, settings=FitSettings(ridge=1e-9, sparsity=1e-10, identity_ridge=1e-9))
    turned = Rotation.from_rotvec(found.rotation) * Rotation.from_rotvec(known.rotation).inv()
    assert np.degrees(turned.magnitude()).max() < 0.05
    np.testing.assert_allclose(found.scale, known.scale, rtol=1e-3)
    np.testing.assert_allclose(found.beta, known.beta, atol=0.02)
    np.testing.assert_allclose(found.alpha, known.alpha, atol=0.02)
    assert np.median(found.residual) < 1e-4
    shape = patch_model.mean + patch_model.identity @ found.alpha + patch_model.expression @ found.beta[4]
    again = project(shape, found.pose(known.track.start + 4))
    assert np.median(np.linalg.norm((again - known.points[4, :468])[:, :2], axis=1)) < 1.0


def test_noise_does_not_become_expression(patch_model, known_track):
    beta = np.zeros((30, 10))
    known = known_track(patch_model, noise_px=2.0, beta=beta)
    found = fit_track(patch_model, known.track)
    # 2 px of noise are 0.5 % of this face's eye distance, on 468 landmarks: beta is small and mostly exactly 0.
    assert found.beta.mean() < 0.02
    assert np.mean(found.beta == 0) > 0.4


def test_result_does_not_depend_on_chunks(patch_model, known_track):
    known = known_track(patch_model, noise_px=1.0)
    whole, pieces = (
        fit_track(patch_model, known.track, chunk_frames=1000),
        fit_track(patch_model, known.track, chunk_frames=7),
    )
    for name, array in whole.arrays().items():
        np.testing.assert_array_equal(array, pieces.arrays()[name])


def test_outliers_hardly_matter(patch_model, known_track):
    known = known_track(patch_model, 20, noise_px=0.5)
    clean = fit_track(patch_model, known.track)
    points = known.points.copy()
    points[:, 100:140] += 60.0
    damaged = fit_track(patch_model, FaceTrack.from_array(points))
    turned = Rotation.from_rotvec(damaged.rotation) * Rotation.from_rotvec(clean.rotation).inv()
    # Least squares would follow 8 % of landmarks that are 60 px off by about 5 px; the clipped pull moves far less.
    assert np.degrees(turned.magnitude()).max() < 1.5
    assert np.linalg.norm(damaged.translation - clean.translation, axis=1).max() < 3.0


def test_a_few_bad_frames_do_not_change_the_person(patch_model, known_track):
    known = known_track(patch_model, 30, noise_px=0.5)
    points = known.points.copy()
    rng = np.random.default_rng(0)
    points[[3, 12, 25], :468] += rng.normal(size=(3, 468, 3)) * 40
    found = fit_track(patch_model, FaceTrack.from_array(points))
    np.testing.assert_allclose(found.alpha, known.alpha, atol=0.4)


def test_a_held_expression_stays_expression(patch_model, known_track):
    beta = np.zeros((30, 10))
    beta[:, 4] = 0.9
    found = fit_track(patch_model, known_track(patch_model, beta=beta).track)
    assert found.beta[:, 4].min() > 0.5
    assert np.delete(found.beta, 4, axis=1).max() < 0.2


def test_landmarks_that_a_model_lacks_are_left_out(patch_model, known_track):
    known = known_track(patch_model, 12)
    points = known.points.copy()
    points[:, 200:230] += 300.0
    where = patch_model.landmark_vertices.copy()
    where[200:230] = -1
    found = fit_track(replace(patch_model, landmark_vertices=where), FaceTrack.from_array(points))
    assert np.median(found.residual) < 0.003


def test_a_model_with_signed_expression_is_fitted_on_both_sides(patch_model, known_track):
    beta = np.random.default_rng(6).uniform(-1.0, 1.0, size=(10, 10))
    known = known_track(patch_model, 10, beta=beta)
    signed = replace(patch_model, beta_bounds=(-3.0, 3.0))
    found = fit_track(signed, known.track, settings=FitSettings(ridge=1e-9, identity_ridge=1e-9))
    # Without a bound at 0, what the expressions average to over the clip may as well be the person's own shape.
    np.testing.assert_allclose(found.beta - found.beta.mean(0), beta - beta.mean(0), atol=0.03)


def test_identity_frames_are_confident_and_spread():
    confidence = np.full(1000, 0.95)
    confidence[200:600] = 0.3
    rows = identity_frames(confidence)
    assert len(rows) == 24
    assert all(confidence[row] > 0.9 for row in rows)
    assert rows[0] == 0
    assert rows[-1] == 999
    assert identity_frames(np.zeros(3)) == [0, 1, 2]


def test_identity_from_neutral_tracks_leaves_a_held_smile_to_expression(patch_model, known_track):
    """Of the same face: alpha from a neutral clip, used for one with a held smile, finds more of it."""
    smile = np.zeros((30, 10))
    smile[:, 4] = 0.9
    neutral, smiling = known_track(patch_model, beta=0.0 * smile), known_track(patch_model, beta=smile)
    alpha = shared_alpha(patch_model, [neutral.track])
    found, alone = fit_track(patch_model, smiling.track, alpha=alpha), fit_track(patch_model, smiling.track)
    np.testing.assert_array_equal(found.alpha, alpha.astype(np.float32))
    assert np.abs(found.beta - smile).mean() < 0.95 * np.abs(alone.beta - smile).mean()
    both = shared_alpha(patch_model, [neutral.track, smiling.track])
    np.testing.assert_allclose(both, neutral.alpha, atol=0.3)
    with pytest.raises(InputError, match="alpha must be"):
        fit_track(patch_model, neutral.track, alpha=np.zeros(3))
    with pytest.raises(InputError, match="needs a face track"):
        shared_alpha(patch_model, [])


def test_progress_counts_every_frame(patch_model, known_track):
    told = []
    fit_track(patch_model, known_track(patch_model, 30).track, chunk_frames=8, progress=told.append)
    assert told == [8, 8, 8, 6]


def test_bad_tracks_are_named(patch_model, known_track):
    known = known_track(patch_model, 4)
    broken = known.points.copy()
    broken[2, 33] = broken[2, 263]
    with pytest.raises(InputError, match="corners"):
        fit_track(patch_model, FaceTrack.from_array(broken))
