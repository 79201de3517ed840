"""A triangle mesh as a surface: its Laplacian, ways over it, smooth interpolation on it, and its harmonics.

All of it goes over the mesh and not through space, so that the holes of eyes and mouth separate the lids and the lips.
"""

from __future__ import annotations

import numpy as np
import scipy.linalg
import scipy.sparse
import scipy.sparse.csgraph
import scipy.sparse.linalg

from mien.types import AnyArray, DoubleArray, IntArray

_LEAST_COTANGENT = 0.05
"""Below it a weight is raised: obtuse triangles would push a vertex away from its neighbour."""


class Surface:
    """The differential operators of one mesh."""

    def __init__(self, vertices: AnyArray, triangles: AnyArray, mirror: AnyArray | None = None) -> None:
        """Measure the mesh.

        Args:
            vertices: ``(N, 3)`` mm.
            triangles: ``(M, 3)``.
            mirror: ``(N,)`` left-right counterparts, if the vertices are symmetric. The triangles need not be (the
                tracker's are not everywhere): the mean of the mesh and its mirror image is taken.
        """
        self.vertices = np.asarray(vertices, np.float64)
        self.triangles = np.asarray(triangles, np.int32)
        if mirror is not None:
            self.triangles = np.concatenate([self.triangles, np.asarray(mirror)[self.triangles][:, ::-1]])
        copies = 1 if mirror is None else 2
        stiffness, area = _cotangent_laplacian(self.vertices, self.triangles)
        self.stiffness, self.area = stiffness / copies, area / copies
        self.bending = (self.stiffness @ scipy.sparse.diags(1.0 / self.area) @ self.stiffness).tocsc()

    def ways(self, sources: IntArray) -> DoubleArray:
        """Length ``(S, N)`` in mm of the shortest way along edges from each source vertex to every vertex."""
        edges = np.unique(np.sort(self.triangles[:, [0, 1, 1, 2, 2, 0]].reshape(-1, 2), axis=1), axis=0)
        length = np.linalg.norm(self.vertices[edges[:, 0]] - self.vertices[edges[:, 1]], axis=1)
        count = len(self.vertices)
        graph = scipy.sparse.coo_matrix((length, (edges[:, 0], edges[:, 1])), (count, count)).tocsr()
        return np.asarray(scipy.sparse.csgraph.dijkstra(graph, directed=False, indices=sources))

    def interpolate(self, known: IntArray, values: DoubleArray) -> DoubleArray:
        """The smoothest field through known values: least bending energy (biharmonic), free at the mesh's rims.

        Args:
            known: ``(K,)`` vertices, each once.
            values: ``(K, C)`` values there.

        Returns:
            ``(N, C)``.
        """
        result = np.empty((len(self.vertices), values.shape[1]))
        result[known] = values
        free = np.ones(len(self.vertices), bool)
        free[known] = False
        unknown = np.flatnonzero(free)
        if len(unknown):
            rows = self.bending[unknown]
            factors = scipy.sparse.linalg.splu(rows[:, unknown].tocsc())
            result[unknown] = factors.solve(-(rows[:, known] @ values))
        return result

    def harmonics(self, count: int) -> tuple[DoubleArray, DoubleArray]:
        """The surface's smoothest waves: Laplacian eigenvectors, the constant left out.

        Returns:
            Eigenvalues ``(count,)`` in 1/mm², rising, and eigenvectors ``(N, count)`` of mean square 1 over the
            surface. Their sign is fixed: the first vertex that reaches half the greatest amplitude is positive.
        """
        root = np.sqrt(self.area)
        dense = (self.stiffness / root[:, None] / root).toarray()
        values, vectors = scipy.linalg.eigh(dense, subset_by_index=[1, count])
        waves = vectors / root[:, None] * np.sqrt(self.area.sum())
        first = (np.abs(waves) > 0.5 * np.abs(waves).max(axis=0)).argmax(axis=0)
        return values, waves * np.sign(waves[first, np.arange(count)])


def _cotangent_laplacian(vertices: DoubleArray, triangles: IntArray) -> tuple[scipy.sparse.csr_matrix, DoubleArray]:
    """Stiffness matrix (cotangent weights, Pinkall & Polthier 1993) and the area ``(N,)`` in mm² around each vertex."""
    count = len(vertices)
    rows, columns, weights = [], [], []
    area = np.zeros(count)
    for k in range(3):
        a, b, c = (triangles[:, (k + j) % 3] for j in range(3))
        to_b, to_c = vertices[b] - vertices[a], vertices[c] - vertices[a]
        double_area = np.linalg.norm(np.cross(to_b, to_c), axis=1)
        weights.append(np.maximum(np.einsum("mc,mc->m", to_b, to_c) / double_area, _LEAST_COTANGENT) / 2)
        rows.append(b)
        columns.append(c)
        np.add.at(area, a, double_area / 6)
    half = scipy.sparse.coo_matrix(
        (np.concatenate(weights), (np.concatenate(rows), np.concatenate(columns))), (count, count)
    ).tocsr()
    full = half + half.T
    return (scipy.sparse.diags(np.asarray(full.sum(axis=1)).ravel()) - full).tocsr(), area
