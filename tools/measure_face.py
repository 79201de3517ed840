"""Measure the built-in model's face: mean shape, left-right pairs, triangles and texture coordinates.

    python tools/measure_face.py            # reads ../shared/clips (or $MIEN_SHARED/clips), writes morphable/data

The mean is the average over people of the tracker's 468 mesh points on frontal frames with a closed mouth and open
eyes: each frame is aligned by a similarity, each person is the median over their frames, the average is made symmetric.
Only these averages are written, never a person's own shape. Units: mm, with 90 mm between the outer eye corners:
adults' biocular width is 91.2 mm (men) and 87.8 mm (women) on average, L. G. Farkas, "Anthropometry of the Head and
Face", 1994.

The triangles are the 3-cliques of MediaPipe's ``FACEMESH_TESSELATION`` edges, less those that are no faces of the
mesh but go round a vertex of degree three, consistently oriented.
"""

from __future__ import annotations

import itertools
import os
import sys
from collections import Counter
from pathlib import Path

import av
import mediapipe as mp
import numpy as np
import scipy.optimize
import scipy.sparse
import scipy.sparse.linalg

REPOSITORY = Path(__file__).resolve().parent.parent
DATA = REPOSITORY / "src" / "mien" / "morphable" / "data"
EYE_DISTANCE_MM = 90.0
FRAME_STEP = 2
MOST_TURNED_DEGREES = 15.0
MOUTH_CLOSED = 0.03
"""Inner lips' distance at the middle, in eye distances, up to which a mouth counts as closed."""
FLIP = np.array([-1.0, 1.0, 1.0])


def track(path: Path) -> np.ndarray:
    """Mesh points ``(T, 468, 3)`` of every second frame with a face; x right, y up, z to the camera, px."""
    mesh = mp.solutions.face_mesh.FaceMesh(static_image_mode=False, refine_landmarks=True, max_num_faces=1)
    found = []
    with mesh, av.open(str(path)) as clip:
        for index, frame in enumerate(clip.decode(video=0)):
            if index % FRAME_STEP:
                continue
            faces = mesh.process(frame.to_ndarray(format="rgb24")).multi_face_landmarks
            if faces:
                size = np.array([frame.width, -frame.height, -frame.width])
                found.append([(p.x, p.y, p.z) * size for p in faces[0].landmark[:468]])
    return np.array(found)


def align(points: np.ndarray, to: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Points ``(468, 3)`` moved onto others by the best similarity (Umeyama 1991), and its rotation."""
    a, b = points - points.mean(axis=0), to - to.mean(axis=0)
    u, s, vt = np.linalg.svd(a.T @ b)
    keep = np.array([1.0, 1.0, np.sign(np.linalg.det(u @ vt))])
    rotation = (u * keep) @ vt
    return (s * keep).sum() / (a * a).sum() * a @ rotation + to.mean(axis=0), rotation


def neutral_shape(frames: np.ndarray, mean: np.ndarray) -> np.ndarray | None:
    """One person's neutral face, aligned to the mean: the median over their frontal frames, mouth closed, eyes open."""
    aligned, turned = [], []
    for points in frames:
        moved, rotation = align(points, mean)
        aligned.append(moved)
        turned.append(np.degrees(np.arccos(np.clip(rotation[2, 2], -1.0, 1.0))))
    shapes = np.array(aligned)
    eye = np.linalg.norm(mean[33] - mean[263])
    mouth = np.linalg.norm(shapes[:, 13] - shapes[:, 14], axis=1) / eye
    lids = np.linalg.norm(shapes[:, [159, 386]] - shapes[:, [145, 374]], axis=2).mean(axis=1)
    good = (np.array(turned) < MOST_TURNED_DEGREES) & (mouth < MOUTH_CLOSED)
    good &= lids >= np.percentile(lids, 30)
    return np.median(shapes[good], axis=0) if good.sum() >= 3 else None


def pair(shape: np.ndarray) -> np.ndarray:
    """Left-right counterpart ``(468,)`` of each vertex: the assignment that moves the reflected face least."""
    distance = np.linalg.norm((shape * FLIP)[:, None] - shape, axis=2)
    mirror = scipy.optimize.linear_sum_assignment(distance**2)[1]
    if not (mirror[mirror] == np.arange(len(mirror))).all():
        raise SystemExit("the face is too crooked to pair left and right")
    return mirror


def measure_mean(tracks: list[np.ndarray]) -> tuple[np.ndarray, np.ndarray, int]:
    """The average face ``(468, 3)`` mm, upright and symmetric, the pairs, and how many people it is made of."""
    mean = tracks[0][0]
    for _ in range(5):
        people = [shape for shape in (neutral_shape(frames, mean) for frames in tracks) if shape is not None]
        mean = np.mean(people, axis=0)
        mean -= mean.mean(axis=0)
        mirror = pair(mean)
        for _ in range(5):
            mean = (mean + align((mean * FLIP)[mirror], mean)[0]) / 2
        mean = upright(mean, mirror)
    return mean * EYE_DISTANCE_MM / np.linalg.norm(mean[33] - mean[263]), mirror, len(people)


def upright(shape: np.ndarray, mirror: np.ndarray) -> np.ndarray:
    """Turn so that the mirror plane is x = 0 and the top of the forehead (10) stands straight above the chin (152)."""
    across = np.linalg.svd((shape - shape[mirror])[mirror != np.arange(468)], full_matrices=False)[2][0]
    across *= np.sign(across @ (shape[263] - shape[33]))
    up = shape[10] - shape[152]
    up -= (up @ across) * across
    up /= np.linalg.norm(up)
    shape = shape @ np.stack([across, up, np.cross(across, up)], axis=1)
    shape -= shape.mean(axis=0)
    return (shape + (shape * FLIP)[mirror]) / 2


def find_triangles(shape: np.ndarray) -> np.ndarray:
    """Faces ``(M, 3)`` of the tracker's mesh, counter-clockwise seen from outside."""
    edges = {tuple(sorted(edge)) for edge in mp.solutions.face_mesh_connections.FACEMESH_TESSELATION}
    near: dict[int, set[int]] = {v: set() for v in range(468)}
    for a, b in edges:
        near[a].add(b)
        near[b].add(a)
    cliques = sorted((a, b, c) for a, b in edges for c in near[a] & near[b] if c > b)
    uses = Counter(edge for clique in cliques for edge in itertools.combinations(clique, 2))
    faces = [c for c in cliques if not all(uses[edge] > 2 for edge in itertools.combinations(c, 2))]
    uses = Counter(edge for face in faces for edge in itertools.combinations(face, 2))
    holes = 3
    if max(uses.values()) > 2 or len(edges) != len(uses) or 468 - len(uses) + len(faces) != 1 - holes:
        raise SystemExit("the tracker's edges do not give a disc with three holes")
    return orient(faces, shape)


def orient(faces: list[tuple[int, int, int]], shape: np.ndarray) -> np.ndarray:
    """Turn every face the same way round by walking over shared edges; the forehead's first face looks forward."""
    by_edge: dict[tuple[int, int], list[int]] = {}
    for k, face in enumerate(faces):
        for edge in itertools.combinations(sorted(face), 2):
            by_edge.setdefault(edge, []).append(k)
    start = next(k for k, face in enumerate(faces) if 10 in face)
    a, b, c = faces[start]
    forward = np.cross(shape[b] - shape[a], shape[c] - shape[a])[2] > 0
    turned = {start: (a, b, c) if forward else (a, c, b)}
    waiting = [start]
    while waiting:
        face = turned[waiting[-1]]
        current = waiting.pop()
        for a, b in zip(face, face[1:] + face[:1], strict=True):
            for other in by_edge[min(a, b), max(a, b)]:
                if other != current and other not in turned:
                    third = next(v for v in faces[other] if v not in (a, b))
                    turned[other] = (b, a, third)
                    waiting.append(other)
    return np.array([turned[k] for k in range(len(faces))])


def unwrap(shape: np.ndarray, mirror: np.ndarray, triangles: np.ndarray) -> np.ndarray:
    """Texture coordinates ``(468, 2)``: conformal where it can be, held near a cylindrical unwrapping.

    Least squares over both (Lévy et al., "Least Squares Conformal Maps", 2002, with a pull): angles stay true around
    eyes and mouth, and the map stays a face seen from the front, rolled out.
    """
    axis_z = shape[[234, 454], 2].mean() - 20.0
    radius = np.linalg.norm(shape[[1, 10, 152, 234, 454]][:, [0, 2]] - [0.0, axis_z], axis=1).mean()
    angle = np.arctan2(shape[:, 0], shape[:, 2] - axis_z)
    wanted = np.stack([radius * angle, shape[:, 1]], axis=1)
    edge1 = shape[triangles[:, 1]] - shape[triangles[:, 0]]
    edge2 = shape[triangles[:, 2]] - shape[triangles[:, 0]]
    length = np.linalg.norm(edge1, axis=1)
    along = np.einsum("mc,mc->m", edge1, edge2) / length
    height = np.linalg.norm(np.cross(edge1, edge2), axis=1) / length
    corners = np.stack([-height + 0j, height + 0j, 0j * height], axis=1)
    corners += 1j * np.stack([along - length, -along, length], axis=1)
    corners /= np.sqrt(length * height)[:, None]
    rows = np.repeat(np.arange(len(triangles)), 3)
    conformal = scipy.sparse.coo_matrix((corners.ravel(), (rows, triangles.ravel())), (len(triangles), 468))
    pull = scipy.sparse.identity(468) * 0.03
    system = scipy.sparse.vstack([conformal, pull]).tocsc()
    target = np.concatenate([np.zeros(len(triangles)), 0.03 * (wanted[:, 0] + 1j * wanted[:, 1])])
    flat = scipy.sparse.linalg.spsolve((system.conj().T @ system).tocsc(), system.conj().T @ target)
    uv = np.stack([flat.real, flat.imag], axis=1)
    uv = (uv + (uv * [-1.0, 1.0])[mirror]) / 2
    a, b, c = (uv[triangles[:, k]] for k in range(3))
    turned = (b - a)[:, 0] * (c - a)[:, 1] - (b - a)[:, 1] * (c - a)[:, 0]
    if turned.min() <= 0:
        raise SystemExit(f"{(turned <= 0).sum()} triangles are flipped in the texture map")
    middle = (uv.max(axis=0) + uv.min(axis=0)) / 2
    return 0.5 + 0.94 * (uv - middle) * [1.0, -1.0] / np.ptp(uv, axis=0).max()


def main() -> None:
    """Track, average, and write ``face.csv`` and ``triangles.csv``."""
    shared = Path(os.environ.get("MIEN_SHARED") or REPOSITORY.parent / "shared")
    tracks = [track(path) for path in sorted((shared / "clips").glob("*.mp4"))]
    mean, mirror, people = measure_mean(tracks)
    triangles = find_triangles(mean)
    mean = mean.round(2)
    uv = unwrap(mean, mirror, triangles)
    rows = [
        f"{x:.2f},{y:.2f},{z:.2f},{m},{u:.5f},{v:.5f}" for (x, y, z), m, (u, v) in zip(mean, mirror, uv, strict=True)
    ]
    (DATA / "face.csv").write_text("\n".join(["x_mm,y_mm,z_mm,mirror,u,v", *rows]) + "\n")
    faces = [",".join(map(str, face)) for face in triangles]
    (DATA / "triangles.csv").write_text("\n".join(["a,b,c", *faces]) + "\n")
    sys.stdout.write(f"mean of {people} people, {len(triangles)} triangles\n")


if __name__ == "__main__":
    main()
