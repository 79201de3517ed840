"""Fixtures of a face that is drawn and not photographed: the built-in model seen from the front."""

from __future__ import annotations

import numpy as np
import pytest

from mien.morphable import builtin
from mien.morphable.model import MorphableModel
from mien.types import MESH_VERTEX_COUNT, DoubleArray

SCALE = 1.5
"""Px per mm of the drawn face."""


@pytest.fixture(scope="session")
def model() -> MorphableModel:
    return builtin.load()


@pytest.fixture(scope="session")
def drawn_face(model: MorphableModel) -> DoubleArray:
    """The mean face seen from the front, ``(468, 3)`` px, in the middle of 360 x 400 px."""
    points = model.mean[model.landmark_vertices].astype(np.float64) * SCALE * [1, -1, -1]
    points[:, :2] += np.array([180.0, 200.0]) - (points[:, :2].max(axis=0) + points[:, :2].min(axis=0)) / 2
    assert len(points) == MESH_VERTEX_COUNT
    return np.asarray(points)
