"""Where emotions lie in the latent space: one direction each (CCFE 3.4.3, eq. 12 and 13)."""

from __future__ import annotations

import torch
from torch import Tensor

from mien.errors import InputError


def editing_directions(codes: Tensor, emotion: Tensor) -> Tensor:
    """Mean code of an emotion at its highest intensity, less the mean code of neutral (eq. 12).

    Args:
        codes: ``(P, n, latent)``, the encoder's styles of all texture maps.
        emotion: ``(P, n_e)`` emotion vectors; zero rows are neutral.

    Returns:
        ``(n_e, n, latent)``.

    Raises:
        InputError: There is no neutral map, or none of some emotion.
    """
    if len(codes) != len(emotion) or codes.ndim != 3 or emotion.ndim != 2:
        raise InputError(
            f"codes {tuple(codes.shape)} and emotions {tuple(emotion.shape)} do not belong together; expected "
            "(P, n, latent) and (P, n_e)"
        )
    neutral = (emotion == 0).all(dim=1)
    if not neutral.any():
        raise InputError("no texture map is neutral, so no direction leads away from it")
    origin = codes[neutral].mean(dim=0)
    directions = []
    for k, column in enumerate(emotion.T):
        if not (column > 0).any():
            raise InputError(f"no texture map shows emotion number {k}, so its direction cannot be found")
        directions.append(codes[column == column.max()].mean(dim=0) - origin)
    return torch.stack(directions)


def edited_codes(codes: Tensor, emotion: Tensor, directions: Tensor) -> Tensor:
    """Codes moved along the directions of the emotions asked for (eq. 13).

    Args:
        codes: ``(N, n, latent)``.
        emotion: ``(N, n_e)``.
        directions: ``(n_e, n, latent)``.

    Returns:
        ``(N, n, latent)``.
    """
    return codes + torch.einsum("ne,ekl->nkl", emotion, directions)
