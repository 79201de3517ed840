"""Light as nine real spherical harmonics of the surface normal.

Source: R. Ramamoorthi, P. Hanrahan, "An Efficient Representation for Irradiance Environment Maps", SIGGRAPH 2001,
equation 3 (the constants of Y₀₀ to Y₂₂, their order l, m). A light here is what that paper calls ``A_l L_lm``: the
lighting coefficients after the convolution with the clamped cosine, so that brightness is the plain sum
``basis(normals) @ light``. Normals are in the camera's axes (x to the image's right, y up, z to the camera): a light
stays where it is when the head turns.
"""

from __future__ import annotations

import numpy as np

from mien.errors import InputError
from mien.types import AnyArray, FloatArray

BAND_COUNT = 9
"""Y₀₀, Y₁₋₁ (y), Y₁₀ (z), Y₁₁ (x), Y₂₋₂ (xy), Y₂₋₁ (yz), Y₂₀ (3z²-1), Y₂₁ (xz), Y₂₂ (x²-y²)."""

Y0, Y1, Y2, Y20, Y22 = 0.282095, 0.488603, 1.092548, 0.315392, 0.546274
COSINE_TRANSFER = (3.141593, 2.094395, 2.094395, 2.094395, 0.785398, 0.785398, 0.785398, 0.785398, 0.785398)
"""``A_l`` per band (their equation 8): lighting coefficients times these are the light that :func:`shade` takes."""


def basis(normals: AnyArray) -> AnyArray:
    """The nine harmonics at unit normals ``(..., 3)``: ``(..., 9)``, float32 for float32 normals, else float64.

    Raises:
        InputError: If the last axis is not 3 long.
    """
    normals = np.asarray(normals)
    if normals.shape[-1:] != (3,):
        raise InputError(f"normals must be (..., 3), but came as {normals.shape}")
    kind = np.float32 if normals.dtype == np.float32 else np.float64
    exact: FloatArray = np.ascontiguousarray(normals, kind)
    x, y, z = exact[..., 0], exact[..., 1], exact[..., 2]
    bands = np.empty((*normals.shape[:-1], BAND_COUNT), kind)
    bands[..., 0] = Y0
    bands[..., 1] = Y1 * y
    bands[..., 2] = Y1 * z
    bands[..., 3] = Y1 * x
    bands[..., 4] = Y2 * x * y
    bands[..., 5] = Y2 * y * z
    bands[..., 6] = Y20 * (3.0 * z * z - 1.0)
    bands[..., 7] = Y2 * x * z
    bands[..., 8] = Y22 * (x * x - y * y)
    return bands


def shade(normals: AnyArray, light: AnyArray) -> AnyArray:
    """Brightness of a surface with the given normals.

    Args:
        normals: ``(..., 3)`` unit normals in the camera's axes.
        light: ``(9, C)`` coefficients per colour channel.

    Returns:
        ``(..., C)`` linear light, in the units of ``light``.

    Raises:
        InputError: If the arrays do not have these shapes.
    """
    light = np.asarray(light)
    if light.ndim != 2 or len(light) != BAND_COUNT:
        raise InputError(f"a light must be ({BAND_COUNT}, channels), but came as {light.shape}")
    bands = basis(normals)
    return np.asarray(bands @ light.astype(bands.dtype))
