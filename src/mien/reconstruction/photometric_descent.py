"""From the landmark fit downhill: the first light in closed form, then Adam over everything, coarse to fine."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import numpy as np
import torch
from scipy.spatial import KDTree
from torch import Tensor
from torch.nn import functional

from mien.morphable.model import MorphableModel
from mien.reconstruction import shading
from mien.reconstruction.face_canvas import FaceCanvases
from mien.reconstruction.light import fit_light
from mien.reconstruction.parameters import SRGB_EXPONENT
from mien.reconstruction.photometric_cost import LEAST_FACING, FaceCost, Surface, Unknowns
from mien.reconstruction.surface_points import surface_points
from mien.types import AnyArray

SIZES = (3, 1)
"""How many times smaller the pictures are, one after the other: a wider view first, so that edges find each other."""

_STEPS = {
    "alpha": 0.04, "albedo": 0.04, "beta": 0.02, "turn": 0.004, "log_scale": 0.004, "shift": 0.002, "light": 0.02,
}  # fmt: skip
"""First step of each unknown; all shrink along a cosine. Light's is of its constant part."""
_BETAS = (0.9, 0.99)
_LAST_STEP = 0.02  # Of the first.
_LEAST_SAMPLES = 30
_DARK = 0.02
_LEAST_SHARE = 0.05  # Of a point, for a vertex to have seen its colour.


@contextmanager
def one_thread() -> Iterator[None]:
    """Run PyTorch on one thread: on arrays this small several wait for each other, endlessly on a busy machine."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def start(cost: FaceCost, canvases: FaceCanvases, model: MorphableModel, alpha: Tensor, albedo: Tensor) -> Unknowns:
    """The landmark fit, under the light that explains the frames best with it."""
    count = len(canvases)
    zeros = cost.start_beta.new_zeros
    pose = (zeros(count, 3), zeros(count), zeros(count, 2))
    unknowns = Unknowns(alpha.clone(), albedo.clone(), cost.start_beta.clone(), *pose, zeros(count, 9, 3))
    surface = cost.surface(unknowns)
    visible = visibility(cost, canvases, model, unknowns, surface)
    unknowns.light = first_light(cost, unknowns, surface, visible)
    return unknowns


def first_light(cost: FaceCost, unknowns: Unknowns, surface: Surface, visible: Tensor) -> Tensor:
    """The light ``(T, 9, 3)`` of each frame by robust least squares; dim and even where hardly anything is seen."""
    read = shading.sampled(cost.pictures, surface.places).double() ** SRGB_EXPONENT
    relative = (read / cost.point_albedo(unknowns).double().clamp_min(_DARK)).numpy()
    lights = np.zeros((len(relative), 9, 3))
    lights[:, 0] = _DARK
    for k, (colours, normals, seen) in enumerate(zip(relative, surface.normals.numpy(), visible.numpy(), strict=True)):
        if (seen > 0).sum() >= _LEAST_SAMPLES:
            lights[k] = fit_light(normals[seen > 0].astype(np.float64), colours[seen > 0])
    return cost.tensor(lights)


@torch.no_grad()
def first_albedo(cost: FaceCost, canvases: FaceCanvases, model: MorphableModel, unknowns: Unknowns) -> Tensor:
    """Log albedo ``(c, 3)`` that the frames show under their light, 0 on average; unseen skin has the nearest seen."""
    surface = cost.surface(unknowns)
    visible = visibility(cost, canvases, model, unknowns, surface)
    read = shading.sampled(cost.pictures, surface.places).clamp_min(_DARK) ** SRGB_EXPONENT
    light = (shading.harmonic_basis(surface.normals) @ unknowns.light).clamp_min(shading.DARKEST)
    seen = (visible * surface.normals[..., 2].clamp_min(0.0))[..., None]
    at_points = ((read / light).log() * seen).sum(dim=0)
    share = seen.sum(dim=0)
    total, weight = (unknowns.albedo.new_zeros(cost.skin_count, width) for width in (3, 1))
    for k in range(3):
        total.index_add_(0, cost.skin_corners[:, k], at_points * cost.weights[:, k])
        weight.index_add_(0, cost.skin_corners[:, k], share * cost.weights[:, k])
    known = np.flatnonzero(weight[:, 0].numpy() > _LEAST_SHARE)
    if not len(known):
        return torch.zeros_like(total)
    found = total[known] / weight[known]
    places = model.mean[surface_points(model).skin]
    nearest = KDTree(places[known]).query(places)[1]
    return (found - found.mean(dim=0))[torch.from_numpy(nearest)]


@torch.no_grad()
def visibility(
    cost: FaceCost, canvases: FaceCanvases, model: MorphableModel, unknowns: Unknowns, surface: Surface
) -> Tensor:
    """1 for the points ``(T, P)`` that the frames show, else 0."""
    pose = tuple(part.double().numpy() for part in cost.pose(unknowns))
    depths = canvases.depths(model, unknowns.alpha.numpy(), unknowns.beta.numpy(), pose)
    facing = surface.normals[..., 2].numpy()
    shown = canvases.shown(depths, surface.places.numpy(), surface.depth.numpy(), facing)
    return cost.tensor(shown & (facing > LEAST_FACING))


def descend(
    cost: FaceCost,
    canvases: FaceCanvases,
    model: MorphableModel,
    unknowns: Unknowns,
    *,
    shared: bool,
    before: Tensor | None = None,
) -> Unknowns:
    """Bring the cost down.

    Every step of an unknown depends on its own gradient alone (Adam: D. Kingma, J. Ba, ICLR 2015), and frames are added
    up: without ``shared`` and smoothness, frames done together give what each gives on its own.

    Args:
        cost: Of the frames.
        canvases: The frames.
        model: The morphable model.
        unknowns: Where to begin.
        shared: Whether alpha and albedo are looked for too.
        before: Corrections ``(1, D)`` of the frame before the first, to be continued.

    Returns:
        Where it ends.
    """
    iterations = cost.settings.iterations
    level = unknowns.light[:, :1].abs().clamp_min(1e-3).detach()
    for smaller in SIZES:
        # Light in parts of its constant part, so that one step fits bright frames and dark ones.
        free = unknowns.detached()
        free.light = free.light / level
        names = [name for name in _STEPS if shared or name not in ("alpha", "albedo")]
        leaves = {name: getattr(free, name).requires_grad_() for name in names}
        groups = [{"params": [leaf], "lr": _STEPS[name], "first": _STEPS[name]} for name, leaf in leaves.items()]
        descent = torch.optim.Adam(groups, betas=_BETAS)
        with torch.no_grad():
            surface = cost.surface(unknowns)
        visible = visibility(cost, canvases, model, unknowns, surface)
        pictures = functional.avg_pool2d(cost.pictures, smaller) if smaller > 1 else cost.pictures
        for step in range(iterations):
            share = _LAST_STEP + (1.0 - _LAST_STEP) * 0.5 * (1.0 + math.cos(math.pi * step / iterations))
            for group in descent.param_groups:
                group["lr"] = group["first"] * share
            descent.zero_grad()
            now = _scaled(free, level)
            cost.total(now, visible, pictures, smaller, shared=shared, before=before).backward()  # type: ignore[no-untyped-call]
            descent.step()
            with torch.no_grad():
                free.beta.clamp_(*cost.bounds)
        unknowns = _scaled(free, level).detached()
    return unknowns


def _scaled(free: Unknowns, level: Tensor) -> Unknowns:
    return replace(free, light=free.light * level)


@torch.no_grad()
def measures(cost: FaceCost, unknowns: Unknowns, visible: Tensor) -> tuple[AnyArray, AnyArray, AnyArray]:
    """How well the frames are explained.

    Returns:
        For each frame ``(T,)``: mean absolute colour difference (0-1, gamma coded) over the visible points, those that
        face the camera more counting more; share of the visible points that are off by more than ``robust``; median
        landmark residual, eye distances.
    """
    surface = cost.surface(unknowns)
    difference = cost.differences(unknowns, surface, cost.pictures, 1)
    weight = visible * surface.normals[..., 2].clamp_min(0.0)
    total = weight.sum(dim=1).clamp_min(1e-9)
    error = (weight * difference.abs().mean(dim=-1)).sum(dim=1) / total
    off = (weight * (difference.norm(dim=-1) > cost.settings.robust)).sum(dim=1) / total
    apart = (cost.targets - surface.landmarks)[..., :2].norm(dim=-1)
    residual = apart[:, cost.marked_weights > 0.0].quantile(0.5, dim=1)
    return error.numpy(), off.numpy(), residual.numpy()
