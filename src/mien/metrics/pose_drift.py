"""Pose drift: how far the head seems turned by the edit."""

from __future__ import annotations

import numpy as np

from mien.metrics.face_frame import STABLE, checked_pair, rigid_rotation
from mien.types import AnyArray, DoubleArray


def pose_drift(source: AnyArray, result: AnyArray) -> DoubleArray:
    """Angle between the head poses of source and result, frame by frame.

    The rotation that turns the stable landmarks (forehead, temples, nose bridge, eye corners; no brows) of the source
    best onto those of the result; its angle is ``arccos((trace R - 1) / 2)``.

    Args:
        source: ``(T, 478, 3)`` px.
        result: ``(T, 478, 3)`` px, the same frames.

    Returns:
        ``(T,)``, degrees, 0-180.

    Raises:
        InputError: A wrong shape, not finite, or not as many frames.
    """
    first, second = checked_pair(source, result)
    rotation = rigid_rotation(first[:, STABLE], second[:, STABLE])
    # arctan2 of sine and cosine keeps small angles exact, where arccos loses half the digits.
    skew = rotation - np.swapaxes(rotation, 1, 2)
    sine = np.linalg.norm(np.stack([skew[:, 2, 1], skew[:, 0, 2], skew[:, 1, 0]]), axis=0) / 2
    cosine = (np.trace(rotation, axis1=1, axis2=2) - 1) / 2
    return np.asarray(np.degrees(np.arctan2(sine, cosine)))
