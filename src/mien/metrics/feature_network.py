"""Networks whose features the published distances are taken on, by the name of the figure.

============== ====================================================== =========================================
figure         features                                               origin
============== ====================================================== =========================================
FID            Inception-v3 of 2015, 2,048 numbers of the whole frame CCFE 4.2 (Heusel et al. 2017)
FID[ArcFace]   ArcFace, 512 numbers of the aligned face               NED 4.1: "FID on face-recognition features"
FID[face-api]  face-api's recognition network, 128 numbers            ours, where ArcFace may not be used
FED            HSEmotion, 1,280 numbers of the face's box             CCFE 4.2; model and layer are not stated there
FED[face-api]  face-api's expression network, 256 numbers             ours
ID             ArcFace, 512 numbers                                   CCFE 4.2
ID[face-api]   face-api's recognition network, 128 numbers            ours
============== ====================================================== =========================================

A figure without brackets is the published one, on the published kind of network; it is never taken on another.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from mien.errors import InputError
from mien.nn.weights.conversion import needs
from mien.nn.weights.store import require, require_file
from mien.types import AnyArray, ByteArray, FloatArray

Reader = Callable[[ByteArray, AnyArray], FloatArray]
"""A picture ``(H, W, 3)`` uint8 RGB and a face's landmarks ``(478, 3)`` px to features ``(D,)``."""


@dataclass(frozen=True, slots=True)
class FeatureNetwork:
    """A loaded network for one figure.

    Attributes:
        figure: Its name, as in the table above.
        features: How many numbers a picture gives.
        read: The reader; it raises InputError where the face lies outside the picture or has no size.
    """

    figure: str
    features: int
    read: Reader


def feature_network(figure: str) -> FeatureNetwork:
    """Load the network of a figure.

    Args:
        figure: A name of the table above.

    Raises:
        WeightsMissingError: The network is not on this machine; the sentence says how to get it.
        ModelError: Its files are damaged, or a package that it needs is not installed.
        InputError: There is no such figure.
    """
    if figure not in LOADERS:
        raise InputError(f"there is no figure '{figure}' on features of a network; there are {', '.join(LOADERS)}")
    return LOADERS[figure](figure)


def _inception(figure: str) -> FeatureNetwork:
    path = require_file("inception-fid", figure)
    torch = needs("torch", figure)
    from mien.nn.inception import FEATURES, Inception

    network = Inception.load(path)

    def read(rgb: ByteArray, _landmarks: AnyArray) -> FloatArray:
        picture = np.ascontiguousarray(rgb.transpose(2, 0, 1)[None], np.float32) / np.float32(255)
        with torch.inference_mode():
            return np.asarray(network(torch.from_numpy(picture))[0].numpy(), np.float32)

    return FeatureNetwork(figure, FEATURES, read)


def _arcface(figure: str) -> FeatureNetwork:
    from mien.nn.arcface import FEATURES, ArcFace, align_face

    network = ArcFace(require_file("arcface", figure))
    return FeatureNetwork(figure, FEATURES, lambda rgb, points: network.features(align_face(rgb, points)[None])[0])


def _face_api_recognition(figure: str) -> FeatureNetwork:
    from mien.nn.face_crop import face_api_crop
    from mien.nn.face_recognition import FEATURES, INPUT_SIZE, FaceRecognition

    network = FaceRecognition.load(require("face-api-recognition", figure))
    return FeatureNetwork(
        figure, FEATURES, lambda rgb, points: network.features(face_api_crop(rgb, points, INPUT_SIZE)[None])[0]
    )


def _hsemotion(figure: str) -> FeatureNetwork:
    from mien.nn.face_crop import mesh_crop
    from mien.nn.hsemotion import FEATURES, INPUT_SIZE, HsEmotion

    network = HsEmotion(require_file("hsemotion", figure))
    return FeatureNetwork(
        figure, FEATURES, lambda rgb, points: network.features(mesh_crop(rgb, points, INPUT_SIZE)[None])[0]
    )


def _face_api_expression(figure: str) -> FeatureNetwork:
    from mien.nn.face_crop import face_api_crop
    from mien.nn.face_expression import FEATURES, INPUT_SIZE, FaceExpression

    network = FaceExpression.load(require("face-api-expression", figure))
    return FeatureNetwork(
        figure, FEATURES, lambda rgb, points: network.features(face_api_crop(rgb, points, INPUT_SIZE)[None])[0]
    )


LOADERS: dict[str, Callable[[str], FeatureNetwork]] = {
    "FID": _inception,
    "FID[ArcFace]": _arcface,
    "FID[face-api]": _face_api_recognition,
    "FED": _hsemotion,
    "FED[face-api]": _face_api_expression,
    "ID": _arcface,
    "ID[face-api]": _face_api_recognition,
}
"""Figure to what loads its network."""
