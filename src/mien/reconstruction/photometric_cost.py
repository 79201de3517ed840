"""What photometric refinement minimises, as a differentiable function of a face's parameters.

A frame's cost is

    ``w Σ_p v_p ρ(|I(π(x_p)) - c(a_p, n_p, γ)|) / Σ_p v_p  +  Σ_l ω_l h(|D½ e_l|)  +  priors``

over points ``x_p`` of the deformed mesh: ``π`` the weak-perspective camera, ``I`` the frame read bilinearly, ``a`` the
albedo, ``n`` the mesh's own normal, ``γ`` the light and ``c`` the colour shown (:mod:`mien.reconstruction.shading`);
``v_p`` is 0 for hidden points, else the cosine to the camera, so that slanted skin does not count more than it shows.
``ρ(r) = r² / (1 + r² / s²)`` (Geman-McClure) gives up on glasses, hair and highlights. The landmarks' term and the
priors of β and α are those of the landmark fit (:mod:`mien.reconstruction.solver`), in its units.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from mien.geometry.harmonics import Y0
from mien.morphable.model import MorphableModel
from mien.reconstruction import shading
from mien.reconstruction.face_canvas import CANVAS_PX, EYE_DISTANCE_PX, FaceCanvases
from mien.reconstruction.parameters import SRGB_EXPONENT
from mien.reconstruction.photometric_settings import PhotometricSettings
from mien.reconstruction.solver import LandmarkBasis
from mien.reconstruction.surface_points import surface_points
from mien.types import AnyArray

LEAST_FACING = 0.15
_LEAST_ALBEDO = 1e-3
_EDGES = 1000.0  # About as many as the built-in face has on skin.
_LIGHT_PRIOR = (0.0, *[1e-4] * 3, *[1e-3] * 5)
"""Of light relative to its constant part, times the photometric weight: that of ``light.fit_light``, where brightness
errors are of linear light; gamma coded they are about a quarter, squared a fifteenth."""


@dataclass(slots=True)
class Unknowns:
    """What is looked for.

    Attributes:
        alpha: ``(A,)``.
        albedo: ``(c, 3)`` logarithm of reflectance, linear light, at the vertices on skin; or ``(K,)`` coefficients of
            the model's own albedo.
        beta: ``(T, E)``.
        turn: ``(T, 3)`` rotation vectors, applied after the start's.
        log_scale: ``(T,)`` logarithm of the scale over the start's.
        shift: ``(T, 2)`` eye distances beside the start's translation.
        light: ``(T, 9, 3)``.
    """

    alpha: Tensor
    albedo: Tensor
    beta: Tensor
    turn: Tensor
    log_scale: Tensor
    shift: Tensor
    light: Tensor

    def detached(self) -> Unknowns:
        """A copy without history."""
        return Unknowns(*(getattr(self, field.name).detach().clone() for field in fields(self)))

    def rows(self, chosen: AnyArray | list[int]) -> Unknowns:
        """Those of some of the frames."""
        own = ("beta", "turn", "log_scale", "shift", "light")
        return replace(self, **{name: getattr(self, name)[chosen] for name in own})


@dataclass(frozen=True, slots=True)
class Surface:
    """The points where the unknowns put them.

    Attributes:
        places: ``(T, P, 2)`` px of the canvas.
        depth: ``(T, P)`` px, less is nearer.
        normals: ``(T, P, 3)`` unit, in the camera's axes.
        landmarks: ``(T, l, 3)`` eye distances, in the camera's axes.
    """

    places: Tensor
    depth: Tensor
    normals: Tensor
    landmarks: Tensor


class FaceCost:
    """The cost of some frames of a face; frames do not see each other, except through alpha, albedo and smoothness.

    Args:
        model: The morphable model.
        canvases: The frames.
        settings: Weights.
        dtype: Of the arithmetic.
    """

    def __init__(
        self,
        model: MorphableModel,
        canvases: FaceCanvases,
        settings: PhotometricSettings,
        dtype: torch.dtype = torch.float32,
    ) -> None:
        self.settings, self.bounds, self._dtype = settings, model.beta_bounds, dtype
        points = surface_points(model)
        at = points.vertices
        self.mean = self.tensor(model.mean[at])
        self.identity = self.tensor(model.identity[at].reshape(3 * len(at), -1))
        self.expression = self.tensor(model.expression[at].reshape(3 * len(at), -1))
        numbers = (points.triangles, points.corners, points.skin_corners, points.skin_edges)
        self.triangles, self.corners, self.skin_corners, self.skin_edges = (
            torch.from_numpy(array.astype(np.int64)) for array in numbers
        )
        self.weights = self.tensor(points.weights)[..., None]
        self.skin_count = len(points.skin)
        ends = model.mean[points.skin[points.skin_edges]].astype(np.float64)
        self.edge_mm = self.tensor(np.linalg.norm(ends[:, 0] - ends[:, 1], axis=1).clip(min=0.1))
        self.own_albedo = None
        if model.albedo is not None:
            own = (model.albedo.mean[points.skin], model.albedo.basis[points.skin])
            self.own_albedo = (self.tensor(own[0]), self.tensor(own[1]))
        self.marked = torch.from_numpy(points.landmark_vertices.astype(np.int64))
        self.marked_weights = self.tensor(LandmarkBasis.of(model).weights[points.landmarks])
        self.targets = self.tensor(canvases.landmarks[:, points.landmarks])
        self.pictures = self.tensor(canvases.pictures).permute(0, 3, 1, 2).contiguous()
        self.start_rotation = self.tensor(canvases.rotation)
        self.start_scale, self.start_shift = self.tensor(canvases.scale), self.tensor(canvases.translation)
        self.start_beta = self.tensor(canvases.beta)

    def tensor(self, array: AnyArray) -> Tensor:
        """A copy as a tensor of the cost's type."""
        return torch.tensor(np.asarray(array), dtype=self._dtype)

    def pose(self, unknowns: Unknowns) -> tuple[Tensor, Tensor, Tensor]:
        """Rotation matrices, scales (eye distances per mm) and translations (eye distances)."""
        rotation = shading.rotation_matrices(unknowns.turn) @ self.start_rotation
        return rotation, self.start_scale * torch.exp(unknowns.log_scale), self.start_shift + unknowns.shift

    def surface(self, unknowns: Unknowns) -> Surface:
        """Deform, turn and project."""
        rotation, scale, shift = self.pose(unknowns)
        moved = self.identity @ unknowns.alpha + unknowns.beta @ self.expression.T
        turned = (self.mean + moved.reshape(len(moved), -1, 3)) @ rotation.transpose(1, 2)
        normals = shading.vertex_normals(turned, self.triangles)
        at = (turned[:, self.corners] * self.weights).sum(dim=2)
        facing = functional.normalize((normals[:, self.corners] * self.weights).sum(dim=2), dim=-1, eps=1e-12)
        middle = 0.5 * (CANVAS_PX - 1)
        places = shading.placed(at, scale, shift) * EYE_DISTANCE_PX + middle
        marked = turned[:, self.marked]
        flat = shading.placed(marked, scale, shift) * torch.tensor([1.0, -1.0], dtype=self._dtype)
        landmarks = torch.cat([flat, scale[:, None, None] * marked[..., 2:]], dim=-1)
        return Surface(places, -at[..., 2] * scale[:, None] * EYE_DISTANCE_PX, facing, landmarks)

    def albedo(self, unknowns: Unknowns) -> Tensor:
        """Reflectance for linear light at the vertices on skin, ``(c, 3)``."""
        if self.own_albedo is None:
            return torch.exp(unknowns.albedo)
        mean, basis = self.own_albedo
        return (mean + basis @ unknowns.albedo).clamp(_LEAST_ALBEDO, 1.0) ** SRGB_EXPONENT

    def point_albedo(self, unknowns: Unknowns) -> Tensor:
        """The same at the points, ``(P, 3)``."""
        return (self.albedo(unknowns)[self.skin_corners] * self.weights).sum(dim=1)

    def differences(self, unknowns: Unknowns, surface: Surface, pictures: Tensor, smaller: int) -> Tensor:
        """Frame minus model at the points, gamma coded, ``(T, P, 3)``."""
        shown = shading.shown_colours(self.point_albedo(unknowns), surface.normals, unknowns.light)
        return shading.sampled(pictures, (surface.places - 0.5 * (smaller - 1)) / smaller) - shown

    def photometric(
        self, unknowns: Unknowns, surface: Surface, visible: Tensor, pictures: Tensor, smaller: int
    ) -> Tensor:
        """The first term without its weight, ``(T,)``."""
        square = self.differences(unknowns, surface, pictures, smaller).square().sum(dim=-1)
        robust = square / (1.0 + square / self.settings.robust**2)
        weight = visible * surface.normals[..., 2].detach().clamp_min(0.0)
        return (weight * robust).sum(dim=1) / weight.sum(dim=1).clamp_min(1e-9)

    def landmark_term(self, surface: Surface) -> Tensor:
        """The second term, ``(T,)``."""
        fit = self.settings.landmarks
        error = self.targets - surface.landmarks
        depth = error[..., 2] - (self.marked_weights * error[..., 2]).sum(dim=1, keepdim=True)
        square = error[..., :2].square().sum(dim=-1) + fit.depth_weight * depth.square()
        length = torch.sqrt(square + 1e-16)
        huber = torch.where(length <= fit.huber, 0.5 * square, fit.huber * (length - 0.5 * fit.huber))
        return (self.marked_weights * huber).sum(dim=1)

    def priors(self, unknowns: Unknowns) -> Tensor:
        """Of expression and light, ``(T,)``."""
        fit, beta = self.settings.landmarks, unknowns.beta
        shape = 0.5 * fit.ridge * beta.square().sum(dim=1)
        if self.bounds[0] >= 0.0:
            shape = shape + fit.sparsity * beta.sum(dim=1)
        level = (Y0 * unknowns.light[:, :1].detach()).clamp_min(0.02)
        relative = (unknowns.light / level).square().mean(dim=2) @ self.tensor(np.array(_LIGHT_PRIOR))
        return shape + self.settings.photometric_weight * relative

    def shared_priors(self, unknowns: Unknowns) -> Tensor:
        """Of identity and albedo. The model's errors are alike in all frames: more of them make nothing surer."""
        settings = self.settings
        cost = 0.5 * settings.landmarks.identity_ridge * unknowns.alpha.square().sum()
        if self.own_albedo is not None:
            return cost + 0.5 * settings.albedo_ridge * unknowns.albedo.square().sum()
        step = unknowns.albedo[self.skin_edges[:, 0]] - unknowns.albedo[self.skin_edges[:, 1]]
        square = step.square().sum(dim=1)
        # The sum over edges of squared steps is the same on coarse meshes and fine ones; what a step may be is not.
        uneven = (square / (1.0 + square / (settings.albedo_edge * self.edge_mm).square())).sum() / _EDGES
        apart = unknowns.albedo.square().sum(dim=1).mean()
        weight = settings.photometric_weight
        return cost + weight * (settings.albedo_smoothness * uneven + settings.albedo_level * apart)

    def corrections(self, unknowns: Unknowns) -> Tensor:
        """What refinement changes in each frame, and its light, ``(T, D)``, each in steps that it may well make."""
        level = (Y0 * unknowns.light[:, :1].detach()).clamp_min(0.02)
        parts = (
            (unknowns.beta - self.start_beta) / 0.1,
            unknowns.turn / 0.02,
            unknowns.log_scale[:, None] / 0.02,
            unknowns.shift / 0.01,
            (unknowns.light / level).flatten(1) / 0.05,
        )
        return torch.cat(parts, dim=1)

    def unevenness(self, unknowns: Unknowns, before: Tensor | None) -> Tensor:
        """How unevenly corrections follow each other from frame to frame.

        Only corrections are held together, not the face's own motion: that is in the landmark fit already.
        """
        now = self.corrections(unknowns)
        run = now if before is None else torch.cat([before, now])
        return 0.5 * self.settings.smoothness * (run[1:] - run[:-1]).square().sum()

    def total(
        self,
        unknowns: Unknowns,
        visible: Tensor,
        pictures: Tensor,
        smaller: int,
        *,
        shared: bool,
        before: Tensor | None = None,
    ) -> Tensor:
        """Everything: the sum over frames, and as many times what they share."""
        surface = self.surface(unknowns)
        seen = self.photometric(unknowns, surface, visible, pictures, smaller)
        frames = self.settings.photometric_weight * seen + self.landmark_term(surface) + self.priors(unknowns)
        cost = frames.sum()
        if shared:
            cost = cost + len(frames) * self.shared_priors(unknowns)
        if self.settings.smoothness > 0.0 and not shared:
            cost = cost + self.unevenness(unknowns, before)
        return cost
