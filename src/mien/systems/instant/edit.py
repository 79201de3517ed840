"""What one frame is: level 1 moves the mesh, level 2 changes its light, the frame's own pixels follow, read once."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from mien.compositing.brows import raise_whole
from mien.compositing.eyes import paint_eyes
from mien.compositing.field import (
    SKIRT_RINGS,
    FieldRoom,
    closed_triangles,
    rasterise_field,
)
from mien.compositing.glasses import take_off
from mien.compositing.lids import paint_lids
from mien.compositing.mouth import paint_mouth
from mien.compositing.placement import Placement
from mien.compositing.rim_layer import GlassesRoom
from mien.geometry import harmonics
from mien.geometry.normals import vertex_normals
from mien.geometry.scratch import Scratch
from mien.geometry.warp import FIELD_CHANNELS, warp
from mien.morphable import builtin
from mien.morphable.lips import LipConstraint, builtin_lips, constrain_lips
from mien.morphable.model import MorphableModel
from mien.morphable.regions import FACE_OVAL
from mien.reconstruction.light import LUMINANCE
from mien.reconstruction.parameters import SRGB_EXPONENT, Glasses, Light
from mien.systems.instant.color import flush_weights
from mien.systems.instant.config import InstantConfig
from mien.systems.instant.relief import MAP_SIZE, Relief, build_relief, builtin_relief
from mien.types import MESH_VERTEX_COUNT, DoubleArray, FloatArray, Pose

FACING = np.array([0.0, 0.0, 1.0])
"""The normal of skin that looks at the camera, by whose brightness a wrinkle's light is measured."""

LARGEST_LOG_GAIN = 0.55
"""No pixel gets more than this lighter or darker by shape alone (natural logarithm): noise in the light stops here."""

SHADING_GAIN = 1.5
"""Shape changes shade this much more than the fitted light says: a fit to skin of uneven colour comes out too flat, and
the mesh is smoother than a face."""

CREASE_TINT = (-0.12, 0.03, 0.08)
"""Creases are warm: light that reaches their bottom has gone through skin, which keeps red longest."""

TYPICAL_SKIN_CONTRAST = 0.009
"""Standard deviation of skin at wrinkle scale over its brightness, for which the table of wrinkles is drawn."""

SKIN_CONTRAST_LIMITS = (0.5, 1.15)
"""Smooth skin gets fainter creases and rough skin deeper ones, within these factors."""


@dataclass(frozen=True)
class Kit:
    """What does not depend on the clip: the model with its lip constraint, mesh and relief."""

    model: MorphableModel
    lips: LipConstraint
    triangles: np.ndarray
    relief: Relief
    flush: DoubleArray
    texels: DoubleArray

    @classmethod
    def builtin(cls) -> Kit:
        """Prepare the built-in model."""
        return cls._of(builtin.load(), builtin_lips(), builtin_relief())

    @classmethod
    def of(cls, model: MorphableModel) -> Kit:
        """Prepare a model whose vertices cover the tracker's mesh."""
        return cls._of(model, constrain_lips(model), build_relief(model))

    @classmethod
    def _of(cls, model: MorphableModel, lips: LipConstraint, relief: Relief) -> Kit:
        vertices = model.mean[model.landmark_vertices].astype(np.float64)
        uv = model.uv[model.landmark_vertices].astype(np.float64)
        texels = np.concatenate([uv, *[uv[FACE_OVAL]] * len(SKIRT_RINGS)]) * (MAP_SIZE - 1)
        return cls(
            model,
            lips,
            closed_triangles(model.triangles),
            relief,
            flush_weights(vertices, FACE_OVAL),
            texels,
        )


@dataclass(frozen=True)
class FaceState:
    """One face in one frame.

    Attributes:
        landmarks: ``(478, 3)`` px.
        pose: Head pose.
        shape: ``(468, 3)`` fitted shape, mm, expression included.
        added: ``(E,)`` change of each expression column.
        flush: ``(3,)`` logarithm of each channel's change where the skin colours most.
    """

    landmarks: DoubleArray
    pose: Pose
    shape: DoubleArray
    added: DoubleArray
    flush: DoubleArray


@dataclass(frozen=True)
class Room:
    """Memory for one frame at a time; its arrays are good until the next frame is edited in it."""

    crop: Scratch = field(default_factory=Scratch)
    flow: FieldRoom = field(default_factory=FieldRoom)
    relief: Scratch = field(default_factory=Scratch)
    result: Scratch = field(default_factory=Scratch)
    glasses: GlassesRoom = field(default_factory=GlassesRoom)


def edit_crop(
    kit: Kit,
    config: InstantConfig,
    light: Light,
    state: FaceState,
    crop: FloatArray,
    place: Placement,
    room: Room | None = None,
    glasses: Glasses | None = None,
) -> FloatArray:
    """Edit the pixels of one face.

    Args:
        kit: The prepared model.
        config: The user's choices.
        light: The face's light.
        state: The face in this frame.
        crop: ``(h, w, 3)`` the frame's pixels within the placement's box, 0-1, gamma coded.
        place: Where the movement lies.
        room: Memory for the work and the result; None for new memory.
        glasses: What the person wears, to be kept as it is.

    Returns:
        The edited pixels, of the same shape.
    """
    room = room or Room()
    source = state.landmarks[:, :2] - np.array([place.box.x0, place.box.y0], float)
    lifted = None if glasses is None else take_off(crop, glasses, state.pose, place, source, room.glasses)
    grid_scale = place.grid_scale
    attributes = np.zeros((len(place.points), FIELD_CHANNELS - 2))
    attributes[:MESH_VERTEX_COUNT, 0] = _shape_gain(kit, config, light, state.shape, place)
    attributes[:MESH_VERTEX_COUNT, 1] = kit.flush
    attributes[:, 2:4] = kit.texels
    attributes[:MESH_VERTEX_COUNT, 4] = 1.0
    flow = rasterise_field(
        place.points, place.shifts, attributes, kit.triangles, place.box, grid_scale, place.eye_distance_px, room.flow
    )
    contrast = float(np.clip(light.skin_contrast / TYPICAL_SKIN_CONTRAST, *SKIN_CONTRAST_LIMITS))
    direction, texels = _light_direction(light) @ place.rotation, room.relief.array(MAP_SIZE, MAP_SIZE)
    relief = kit.relief.mix(state.added, direction, config.wrinkles * contrast, texels)
    result = warp(crop, flow, grid_scale, relief, state.flush, CREASE_TINT, room.result.array(*crop.shape))
    target = place.moved(source)
    paint_mouth(result, crop, light.skin_colour, source, target)
    paint_lids(result, source, target)
    paint_eyes(result, crop, source, target)
    if lifted is not None:
        lifted.restore(crop)
        lifted.lay_back(result)
    return result


def movement(kit: Kit, basis: DoubleArray, state_added: DoubleArray, openness: DoubleArray) -> DoubleArray:
    """How the vertices move, mm.

    Args:
        kit: The prepared model.
        basis: ``(468, 3, E)`` from its lip constraint (:meth:`mien.morphable.lips.LipConstraint.basis`).
        state_added: ``(E,)`` change of each expression column.
        openness: ``(2,)`` of the right and the left eye, 0 closed to 1 as open as usual: a lid that is shut for a
            blink is not raised or squeezed.

    Returns:
        ``(468, 3)``.
    """
    added = state_added.copy()
    names = kit.model.expression_names
    for side, share in zip("RL", openness, strict=True):
        for unit in ("AU5", "AU7"):
            added[names.index(unit + side)] *= share
    return raise_whole(np.asarray(basis @ added))


def _light_direction(light: Light) -> DoubleArray:
    """Change of log gamma-coded brightness per unit change of the normal, in the camera's axes ``(3,)``."""
    grey = light.coefficients.astype(np.float64) @ LUMINANCE
    facing = harmonics.basis(FACING)
    brightness = max(float(facing @ grey), 1e-4)
    return np.asarray(harmonics.Y1 * grey[[3, 1, 2]] / brightness / SRGB_EXPONENT)


def _shape_gain(kit: Kit, config: InstantConfig, light: Light, shape: DoubleArray, place: Placement) -> DoubleArray:
    """Logarithm of the brightness change at each vertex ``(468,)`` from its turned normal."""
    triangles = kit.model.triangles
    before = vertex_normals(shape, triangles).astype(np.float64) @ place.rotation.T
    after = vertex_normals(shape + place.move, triangles).astype(np.float64) @ place.rotation.T
    gain = np.log(light.brightness_ratio(before, after)).mean(axis=1) * (SHADING_GAIN * config.shading)
    return np.asarray(np.clip(gain, -LARGEST_LOG_GAIN, LARGEST_LOG_GAIN))
