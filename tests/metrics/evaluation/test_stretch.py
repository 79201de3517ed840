"""Measuring in stretches gives what measuring the whole clip at once gives."""

from __future__ import annotations

import numpy as np
import pytest

from mien.metrics.continuity import added_jumps, jumps
from mien.metrics.evaluation import stretch
from mien.metrics.evaluation.measured import Measured
from mien.metrics.evaluation.stretch import Stretches, added_trembling
from mien.metrics.face_frame import eye_distance
from mien.metrics.frozen_mouth import frozen_mouth
from mien.metrics.jitter import jitter_series
from mien.metrics.lip_sync import lip_opening
from mien.metrics.pose_drift import pose_drift

COUNT = 150


def talking(seed: int) -> tuple[np.ndarray, np.ndarray]:
    """A face whose lips open and close and its edit, ``(T, 478, 3)`` px: landmarks of nobody."""
    random = np.random.default_rng(seed)
    face = random.uniform(-60, 60, (478, 3)) * (1.0, 1.3, 0.5) + (300, 300, 0)
    face[[33, 263]] = (250, 270, 0), (350, 270, 0)
    source = np.repeat(face[None], COUNT, axis=0) + random.normal(0, 0.2, (COUNT, 478, 3))
    upper, lower = [13, 82, 312, 81, 311, 80, 310, 191, 415], [14, 87, 317, 178, 402, 88, 318, 95, 324]
    opening = 6 + 5 * np.sin(np.arange(COUNT) * 0.8)
    source[:, upper, :2] = (300, 330)
    source[:, lower, 0] = 300
    source[:, lower, 1] = 330 + opening[:, None]
    result = source + random.normal(0, 0.1, source.shape)
    result[60:95, lower, 1] = 334  # the mouth stands still
    return source.astype(np.float32), result.astype(np.float32)


def measured_in(length: int, monkeypatch: pytest.MonkeyPatch, left_out: set[int]) -> Measured:
    monkeypatch.setattr(stretch, "LENGTH", length)
    measured = Measured()
    stretches = Stretches(measured)
    source, result = talking(3)
    for row in range(COUNT):
        measured.table.add_row()
        if row not in left_out:
            stretches.add(row, source[row], result[row])
    stretches.finish()
    return measured


@pytest.mark.parametrize("length", [40, 64, 1000])
def test_any_length_of_stretch_gives_the_same_numbers(length: int, monkeypatch: pytest.MonkeyPatch) -> None:
    gap = {20, 21, 110}
    measured = measured_in(length, monkeypatch, gap)
    source, result = (np.delete(points, sorted(gap), axis=0) for points in talking(3))
    rows = np.delete(np.arange(COUNT), sorted(gap))
    # Alignment turns the face onto the stretch's first frame, whose own noise differs: 1e-3 of the values.
    for name, expected, tolerance in (
        ("lips_source", lip_opening(source), 1e-12),
        ("lips_result", lip_opening(result), 1e-12),
        ("pose_drift", pose_drift(source, result), 1e-12),
        ("eye_distance", eye_distance(source), 1e-12),
        ("shake_result", jitter_series(result, rows, align=False), 1e-12),
        ("tremble_source", jitter_series(source, rows), 5e-3),
    ):
        found = measured.column(name)[rows]
        assert np.array_equal(np.isnan(found), np.isnan(expected)), name
        np.testing.assert_allclose(found, expected, rtol=tolerance, err_msg=name)
    steps = np.flatnonzero(np.diff(rows) == 1) + 1
    np.testing.assert_allclose(measured.column("jump_result")[rows[steps]], jumps(result, rows), rtol=5e-3)
    np.testing.assert_allclose(measured.column("jump_added")[rows[steps]], added_jumps(source, result, rows))
    assert np.isnan(measured.column("lips_source")[sorted(gap)]).all()


@pytest.mark.parametrize("length", [64, 1000])
def test_a_frozen_mouth_is_found_across_the_border_of_stretches(length: int, monkeypatch: pytest.MonkeyPatch) -> None:
    measured = measured_in(length, monkeypatch, set())
    whole = frozen_mouth(*talking(3))
    expected = {row for part in whole.stretches for row in range(part.first, part.last + 1)}
    assert expected  # else the test would show nothing
    assert measured.frozen == expected


def test_added_trembling_is_that_of_what_is_added() -> None:
    source, _ = talking(5)
    alternating = np.where(np.arange(COUNT) % 2 == 0, 1.0, -1.0)[:, None, None] * np.array([1.0, 0.0, 0.0])
    found = added_trembling(source, (source + alternating).astype(np.float32), np.arange(COUNT))
    # 1 px to and fro: the second difference is 4 px, over an eye distance of about 100 px.
    np.testing.assert_allclose(found, 4 / eye_distance(source)[1:-1], rtol=0.02)
    assert added_trembling(source, source, np.arange(COUNT)).max() == 0
