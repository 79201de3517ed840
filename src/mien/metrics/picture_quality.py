"""How good the pictures of a face are: sharpness, noise and brightness of grey crops."""

from __future__ import annotations

import numpy as np
from scipy import ndimage

from mien.errors import InputError
from mien.types import AnyArray, DoubleArray

SHARPNESS_EYE_DISTANCE_PX = 80.0
"""Sharpness is judged at this size of the face, to which larger ones are reduced: finer detail is a bonus."""

_LUMA = np.array([0.2126, 0.7152, 0.0722])


def grey(rgb: AnyArray) -> DoubleArray:
    """Luma (BT.709) of ``(h, w, 3)`` RGB, on the scale it comes with."""
    return np.asarray(np.asarray(rgb, np.float64) @ _LUMA)


def sharpness(image: AnyArray, eye_distance_px: float) -> float:
    """Fine detail of a face, as a ratio that depends neither on its size nor on contrast.

    Standard deviation of the Laplacian (variance of the Laplacian: J. L. Pech-Pacheco et al., "Diatom autofocusing in
    brightfield microscopy", ICPR 2000) over the standard deviation of the grey values, at a fixed size of the face and
    after a small Gaussian that takes most of the noise out.

    Args:
        image: ``(h, w)`` grey, the face.
        eye_distance_px: Outer eye corner to outer eye corner in it.

    Returns:
        0.08 to 0.17 on sharp footage, and under 0.06 when that is blurred by a Gaussian of 2 % of the eye distance
        (measured on the development clips); 0 for an even picture.
    """
    checked = _checked(image)
    factor = eye_distance_px / SHARPNESS_EYE_DISTANCE_PX
    if factor > 1.0:
        # Blurred to the new pixel's size first, so that detail too fine for it does not turn into false detail.
        checked = ndimage.zoom(ndimage.gaussian_filter(checked, 0.5 * factor), 1.0 / factor, order=1)
    smooth = ndimage.gaussian_filter(checked, 0.7)
    contrast = float(smooth.std())
    return float(ndimage.laplace(smooth).std()) / contrast if contrast > 1e-6 else 0.0


def noise(image: AnyArray) -> float:
    """Standard deviation of the noise in a grey picture, on its scale.

    The mean response to the difference of two Laplacians, which neither flat areas, slopes nor straight edges excite:
    J. Immerkaer, "Fast noise variance estimation", CVIU 64(2), 1996. Texture counts as noise, so it is an upper bound.
    """
    checked = _checked(image)
    mask = np.array([[1.0, -2.0, 1.0], [-2.0, 4.0, -2.0], [1.0, -2.0, 1.0]])
    response = ndimage.convolve(checked, mask)[1:-1, 1:-1]
    return float(np.sqrt(np.pi / 2.0) * np.abs(response).mean() / 6.0)


def _checked(image: AnyArray) -> DoubleArray:
    array = np.asarray(image, np.float64)
    if array.ndim != 2 or min(array.shape) < 3:
        raise InputError(f"a grey picture has the shape (h, w), at least 3 by 3, but came as {array.shape}")
    return array
