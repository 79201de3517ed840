"""What metrics of two pictures ask of them: one shape, one type, a mask that fits."""

from __future__ import annotations

import numpy as np

from mien.errors import InputError
from mien.types import AnyArray


def checked_pictures(first: AnyArray, second: AnyArray, mask: AnyArray | None = None) -> tuple[AnyArray, AnyArray]:
    """Two pictures of the same shape, grey or in colour.

    Args:
        first: ``(H, W)`` or ``(H, W, C)``.
        second: The same.
        mask: ``(H, W)`` boolean, or ``None``.

    Raises:
        InputError: Another shape, nothing in it, different shapes or types, values that are not finite, or a mask of
            another size or type.
    """
    a, b = np.asarray(first), np.asarray(second)
    if a.shape != b.shape or a.dtype != b.dtype or a.ndim not in (2, 3) or a.size == 0:
        raise InputError(
            f"the pictures are {a.dtype} {a.shape} and {b.dtype} {b.shape}; "
            "expected the same type and shape (H, W) or (H, W, C)"
        )
    if a.dtype.kind == "f" and not (np.isfinite(a).all() and np.isfinite(b).all()):
        raise InputError("a picture holds values that are not finite")
    if a.dtype.kind not in "uif":
        raise InputError(f"the pictures are {a.dtype}; expected numbers")
    if mask is not None:
        where = np.asarray(mask)
        if where.dtype != bool or where.shape != a.shape[:2]:
            raise InputError(f"the mask is {where.dtype} {where.shape}; expected bool {a.shape[:2]}, as the pictures")
    return a, b
