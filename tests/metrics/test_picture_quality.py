from __future__ import annotations

import numpy as np
import pytest
from scipy import ndimage
from skimage import data as pictures

from mien.errors import InputError
from mien.metrics.picture_quality import grey, noise, sharpness

FACE = grey(pictures.astronaut()[50:230, 150:300] / 255.0)
EYE_DISTANCE_PX = 61.0


def test_sharpness_falls_with_blur_and_not_with_contrast_or_size() -> None:
    sharp = sharpness(FACE, EYE_DISTANCE_PX)
    blurred = [
        sharpness(ndimage.gaussian_filter(FACE, s * EYE_DISTANCE_PX), EYE_DISTANCE_PX) for s in (0.02, 0.04, 0.08)
    ]
    assert sharp > blurred[0] > blurred[1] > blurred[2]
    assert blurred[0] < 0.6 * sharp
    assert sharpness(0.3 * FACE + 0.2, EYE_DISTANCE_PX) == pytest.approx(sharp, rel=1e-9)
    # Judged at 80 px between the eyes: twice and three times that size give the same within the scaling's own blur.
    twice, thrice = (ndimage.zoom(FACE, k * 80 / EYE_DISTANCE_PX, order=3) for k in (2, 3))
    assert sharpness(twice, 160.0) == pytest.approx(sharpness(thrice, 240.0), rel=0.1)
    assert sharpness(np.full((40, 40), 0.5), 61.0) == 0.0


@pytest.mark.parametrize("sigma", [2.0, 6.0, 15.0])
def test_noise_is_measured_beside_slopes_and_edges(sigma: float) -> None:
    rows, columns = np.mgrid[0:120, 0:120].astype(float)
    clean = rows + 0.5 * columns + 60.0 * (columns > 60)
    noisy = clean + np.random.default_rng(3).normal(0.0, sigma, clean.shape)
    assert noise(clean) < 0.5
    # 14,000 samples: the estimate's own spread is about 1 %.
    assert noise(noisy) == pytest.approx(sigma, rel=0.06)


def test_wrong_shapes_are_refused() -> None:
    with pytest.raises(InputError):
        noise(np.zeros((4, 4, 3)))
    with pytest.raises(InputError):
        sharpness(np.zeros((2, 9)), 10.0)
