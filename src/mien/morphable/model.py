"""The morphable model: ``mean + identity · alpha + expression · beta``, with what the rest of the house needs of it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mien.errors import InputError, ModelError
from mien.morphable.albedo import Albedo
from mien.types import MESH_VERTEX_COUNT, AnyArray, DoubleArray, FloatArray, IntArray


@dataclass(frozen=True, slots=True, eq=False)
class MorphableModel:
    """A face whose shape is linear in identity and expression.

    Model space is in mm: x towards the person's left, y up, z out of the face (``docs/conventions.md``). The arrays are
    made read-only, because models are shared.

    Attributes:
        name: What the model is called, such as ``builtin``.
        mean: ``(N, 3)`` float32 mm, the average neutral face.
        identity: ``(N, 3, A)`` float32 mm per standard deviation: alpha is N(0, 1) over people.
        expression: ``(N, 3, E)`` float32 mm at intensity 1.
        expression_names: Name of each expression column, length E. The built-in model's are action units, ``AU12L``.
        triangles: ``(M, 3)`` int32, counter-clockwise seen from outside.
        uv: ``(N, 2)`` float32, u to the person's left, v down; a face lies in [0, 1].
        landmark_vertices: ``(468,)`` int32, the vertex at each of the tracker's mesh landmarks, -1 where there is none.
        lip_pairs: ``(P, 2)`` int32, upper and lower inner-lip vertices that face each other, image left to right.
        mirror: ``(N,)`` int32, each vertex's left-right counterpart; itself on the midline.
        beta_bounds: Least and greatest expression coefficient that shows a plausible face.
        albedo: Reflectance at the vertices, where the model has it.

    Raises:
        ModelError: An array has not the shape described here, holds NaN or infinity, or names a vertex that is not.
    """

    name: str
    mean: FloatArray
    identity: FloatArray
    expression: FloatArray
    expression_names: tuple[str, ...]
    triangles: IntArray
    uv: FloatArray
    landmark_vertices: IntArray
    lip_pairs: IntArray
    mirror: IntArray
    beta_bounds: tuple[float, float] = (0.0, 1.2)
    albedo: Albedo | None = None

    def __post_init__(self) -> None:
        count = len(self.mean)
        shapes = {
            "mean": (count, 3),
            "identity": (count, 3, self.identity.shape[-1]),
            "expression": (count, 3, len(self.expression_names)),
            "triangles": (len(self.triangles), 3),
            "uv": (count, 2),
            "landmark_vertices": (MESH_VERTEX_COUNT,),
            "lip_pairs": (len(self.lip_pairs), 2),
            "mirror": (count,),
        }
        for name, shape in shapes.items():
            array = getattr(self, name)
            if array.shape != shape:
                raise ModelError(f"model {self.name!r}: {name} must be {shape}, but came as {array.shape}")
            array.setflags(write=False)
        for name in ("mean", "identity", "expression", "uv"):
            if not np.isfinite(getattr(self, name)).all():
                raise ModelError(f"model {self.name!r}: {name} holds NaN or infinity")
        for name, least in (("triangles", 0), ("landmark_vertices", -1), ("lip_pairs", 0), ("mirror", 0)):
            array = getattr(self, name)
            if array.size and not least <= array.min() <= array.max() < count:
                raise ModelError(f"model {self.name!r}: {name} names vertices outside {least}..{count - 1}")
        if self.albedo is not None and len(self.albedo.mean) != count:
            raise ModelError(
                f"model {self.name!r}: albedo is of {len(self.albedo.mean)} vertices, but there are {count}"
            )

    @property
    def vertex_count(self) -> int:
        """N."""
        return len(self.mean)

    @property
    def identity_count(self) -> int:
        """A."""
        return int(self.identity.shape[-1])

    @property
    def expression_count(self) -> int:
        """E."""
        return len(self.expression_names)

    def shape(self, alpha: AnyArray, beta: AnyArray) -> DoubleArray:
        """The face's vertices.

        Args:
            alpha: ``(..., A)`` identity coefficients, in standard deviations.
            beta: ``(..., E)`` expression coefficients; leading dimensions broadcast against alpha's.

        Returns:
            ``(..., N, 3)`` mm.

        Raises:
            InputError: If the last dimensions are not A and E.
        """
        alpha, beta = np.asarray(alpha, np.float64), np.asarray(beta, np.float64)
        for name, values, count in (
            ("alpha", alpha, self.identity_count),
            ("beta", beta, self.expression_count),
        ):
            if values.ndim == 0 or values.shape[-1] != count:
                raise InputError(f"{name} must be (..., {count}), but came as {values.shape}")
        identity = self.identity.reshape(-1, self.identity_count).astype(np.float64)
        expression = self.expression.reshape(-1, self.expression_count).astype(np.float64)
        moved = alpha @ identity.T + beta @ expression.T
        return np.asarray(self.mean + moved.reshape(*moved.shape[:-1], self.vertex_count, 3))
