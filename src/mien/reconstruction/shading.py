"""The differentiable steps from a face's parameters to the colours that it shows, in PyTorch.

Each does what its NumPy counterpart does (:mod:`mien.geometry.rotation`, :mod:`mien.geometry.normals`,
:mod:`mien.geometry.harmonics`, :mod:`mien.geometry.camera`); tests hold one against the other.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from mien.geometry import harmonics
from mien.reconstruction.parameters import SRGB_EXPONENT

DARKEST = 1e-3
"""Linear light below this is shown as this: where harmonics go below 0, and where the power's slope has no bound."""


def rotation_matrices(vectors: Tensor) -> Tensor:
    """Rotation vectors ``(..., 3)`` to matrices ``(..., 3, 3)``, differentiable at 0 too."""
    square = (vectors * vectors).sum(dim=-1)[..., None, None]
    angle = torch.sqrt(square + 1e-12)  # Its slope at 0 is 0, not infinite.
    x, y, z = vectors.unbind(dim=-1)
    zero = torch.zeros_like(x)
    cross = torch.stack([zero, -z, y, z, zero, -x, -y, x, zero], dim=-1).reshape(*vectors.shape[:-1], 3, 3)
    first = torch.sinc(angle / torch.pi)
    second = 0.5 * torch.sinc(angle / (2.0 * torch.pi)) ** 2
    return torch.eye(3, dtype=vectors.dtype) + first * cross + second * (cross @ cross)


def vertex_normals(vertices: Tensor, triangles: Tensor) -> Tensor:
    """Unit normals ``(T, N, 3)`` of meshes ``(T, N, 3)`` that share triangles ``(M, 3)``; 0 where no triangle is."""
    a, b, c = (vertices[:, triangles[:, k]] for k in range(3))
    face = torch.linalg.cross(b - a, c - a)
    total = torch.zeros_like(vertices)
    for k in range(3):
        total = total.index_add(1, triangles[:, k], face)
    return functional.normalize(total, dim=-1, eps=1e-12)


def harmonic_basis(normals: Tensor) -> Tensor:
    """The nine harmonics ``(..., 9)`` at unit normals ``(..., 3)``."""
    x, y, z = normals.unbind(dim=-1)
    y0, y1, y2 = harmonics.Y0, harmonics.Y1, harmonics.Y2
    bands = (
        torch.full_like(x, y0),
        *(y1 * y, y1 * z, y1 * x),
        *(y2 * x * y, y2 * y * z),
        harmonics.Y20 * (3.0 * z * z - 1.0),
        y2 * x * z,
        harmonics.Y22 * (x * x - y * y),
    )
    return torch.stack(bands, dim=-1)


def shown_colours(albedo: Tensor, normals: Tensor, light: Tensor) -> Tensor:
    """Gamma-coded colours of surface points: ``(albedo · Σ_k light_k Y_k(normal)) ^ (1 / 2.2)``.

    Args:
        albedo: ``(T, P, 3)`` or ``(P, 3)`` reflectance for linear light.
        normals: ``(T, P, 3)`` unit normals in the camera's axes.
        light: ``(T, 9, 3)`` as in :mod:`mien.geometry.harmonics`.

    Returns:
        ``(T, P, 3)``; not held below 1, so that what is too bright can come back.
    """
    linear = albedo * (harmonic_basis(normals) @ light)
    return linear.clamp_min(DARKEST) ** (1.0 / SRGB_EXPONENT)


def placed(turned: Tensor, scale: Tensor, translation: Tensor) -> Tensor:
    """Turned vertices ``(T, N, 3)`` in square px ``(T, N, 2)``: ``x = s v_x + t_x``, ``y = -s v_y + t_y``."""
    flipped = torch.stack([turned[..., 0], -turned[..., 1]], dim=-1)
    return scale[:, None, None] * flipped + translation[:, None]


def sampled(pictures: Tensor, places: Tensor) -> Tensor:
    """Bilinear samples ``(T, P, 3)`` of pictures ``(T, 3, h, w)`` at ``(T, P, 2)`` px; the edge's pixel beyond it."""
    height, width = pictures.shape[-2:]
    size = torch.tensor([width - 1, height - 1], dtype=places.dtype)
    grid = 2.0 * places / size - 1.0
    read = functional.grid_sample(
        pictures, grid[:, :, None], mode="bilinear", padding_mode="border", align_corners=True
    )
    return read[..., 0].transpose(1, 2)
