"""Parts of the face as vertex lists of the tracker's 468-vertex mesh.

Left and right are the person's own. Lists that run from corner to corner of an eye or of the mouth start at the image's
left. Vertex numbers are those of MediaPipe's face mesh (facts of its topology; read off its published connection
tables and drawings).
"""

from __future__ import annotations

from types import MappingProxyType

import numpy as np

from mien.types import IntArray


def _frozen(*vertices: int) -> IntArray:
    array = np.array(vertices, np.int32)
    array.setflags(write=False)
    return array


INNER_LIP_UPPER = _frozen(78, 191, 80, 81, 82, 13, 312, 311, 310, 415, 308)
INNER_LIP_LOWER = _frozen(78, 95, 88, 178, 87, 14, 317, 402, 318, 324, 308)
OUTER_LIP_UPPER = _frozen(61, 185, 40, 39, 37, 0, 267, 269, 270, 409, 291)
OUTER_LIP_LOWER = _frozen(61, 146, 91, 181, 84, 17, 314, 405, 321, 375, 291)

RIGHT_EYE_UPPER = _frozen(33, 246, 161, 160, 159, 158, 157, 173, 133)
RIGHT_EYE_LOWER = _frozen(33, 7, 163, 144, 145, 153, 154, 155, 133)
LEFT_EYE_UPPER = _frozen(362, 398, 384, 385, 386, 387, 388, 466, 263)
LEFT_EYE_LOWER = _frozen(362, 382, 381, 380, 374, 373, 390, 249, 263)

RIGHT_IRIS = _frozen(468, 469, 470, 471, 472)
"""Centre, then the four points of the edge. Landmarks of the tracker, not vertices of the mesh."""
LEFT_IRIS = _frozen(473, 474, 475, 476, 477)

RIGHT_BROW_UPPER = _frozen(70, 63, 105, 66, 107)
RIGHT_BROW_LOWER = _frozen(46, 53, 52, 65, 55)
LEFT_BROW_UPPER = _frozen(336, 296, 334, 293, 300)
LEFT_BROW_LOWER = _frozen(285, 295, 282, 283, 276)
RIGHT_LID_SKIN = _frozen(30, 29, 27, 28, 56, 190, 225, 224, 223, 222)
LEFT_LID_SKIN = _frozen(260, 259, 257, 258, 286, 414, 445, 444, 443, 442)
"""Between brow and upper lid."""

FACE_OVAL = _frozen(
    *(10, 338, 297, 332, 284, 251, 389, 356, 454, 323, 361, 288, 397, 365, 379, 378, 400, 377),
    *(152, 148, 176, 149, 150, 136, 172, 58, 132, 93, 234, 127, 162, 21, 54, 103, 67, 109),
)
"""The mesh's rim, from the top of the forehead towards the person's left and round."""

FOREHEAD = _frozen(
    *(10, 338, 297, 332, 284, 251, 151, 337, 299, 333, 298, 301, 9, 336, 296, 334, 293, 300, 68, 69, 104, 108),
    *(109, 67, 103, 54, 21, 71, 107, 66, 105, 63, 70),
)
NOSE = _frozen(
    *(168, 6, 197, 195, 5, 4, 1, 19, 94, 2, 98, 97, 326, 327, 294, 278, 344, 440, 275, 45, 220, 115, 48, 64, 240, 99),
    *(459, 460, 328, 250, 462, 370, 141, 242, 20, 238, 239, 241, 125, 44, 237, 218, 219, 166, 79, 59, 75, 60, 458, 461),
    *(354, 274, 457, 438, 439, 392, 309, 289, 305, 290, 235, 455, 248, 456, 281, 363, 3, 51, 134, 131, 360, 196, 419),
    *(399, 174, 236, 198, 420, 49, 279, 102, 331, 122, 351),
)
LIPS = _frozen(
    *(61, 185, 40, 39, 37, 0, 267, 269, 270, 409, 291, 146, 91, 181, 84, 17, 314, 405, 321, 375),
    *(76, 184, 74, 73, 72, 11, 302, 303, 304, 408, 306, 77, 90, 180, 85, 16, 315, 404, 320, 307),
    *(62, 183, 42, 41, 38, 12, 268, 271, 272, 407, 292, 96, 89, 179, 86, 15, 316, 403, 319, 325),
    *(78, 191, 80, 81, 82, 13, 312, 311, 310, 415, 308, 95, 88, 178, 87, 14, 317, 402, 318, 324),
)

EYE_CORNERS_OUTER = _frozen(33, 263)
"""The person's right and left outer corner: their distance is the eye distance of ``docs/conventions.md``."""

REGIONS: MappingProxyType[str, IntArray] = MappingProxyType(
    {
        "face oval": FACE_OVAL,
        "forehead": FOREHEAD,
        "left brow": np.concatenate([LEFT_BROW_UPPER, LEFT_BROW_LOWER]),
        "right brow": np.concatenate([RIGHT_BROW_UPPER, RIGHT_BROW_LOWER]),
        "left eye": np.concatenate([LEFT_EYE_UPPER, LEFT_EYE_LOWER[1:-1]]),
        "right eye": np.concatenate([RIGHT_EYE_UPPER, RIGHT_EYE_LOWER[1:-1]]),
        "nose": NOSE,
        "lips": LIPS,
    }
)
"""Vertices of each part by its name, without order."""
