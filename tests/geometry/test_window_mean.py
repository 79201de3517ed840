"""The mean over a window against SciPy's."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.ndimage import uniform_filter

from mien.geometry.window_mean import window_mean


@pytest.mark.parametrize("radius", [1, 3, 12])
@pytest.mark.parametrize("shape", [(2, 9, 14), (1, 40, 31)])
def test_as_scipy_says_with_smaller_windows_at_the_rim(shape: tuple[int, int, int], radius: int) -> None:
    """Running sums in float32 of up to 25 samples: right to 1e-5."""
    planes = np.random.default_rng(radius).normal(size=shape).astype(np.float32)
    size = 2 * radius + 1
    inside = uniform_filter(np.ones(shape[1:]), size, mode="constant")
    wanted = np.stack([uniform_filter(plane.astype(float), size, mode="constant") / inside for plane in planes])
    window_mean(planes, radius)
    np.testing.assert_allclose(planes, wanted, atol=1e-5)
