"""The networks with their published weights, for developers who have them: ``MIEN_TEST_WEIGHTS`` names a store.

The figures are those of face-api 1.7.15's own JavaScript (its ``dist/face-api.js`` under Node 20, TensorFlow.js on the
CPU), given the same pixels: stretches of the astronaut, cut out and not resampled.
"""

import numpy as np
import pytest
from skimage.data import astronaut

from mien.nn.face_expression import FaceExpression
from mien.nn.face_recognition import FaceRecognition
from mien.nn.weights.store import find


def stored(name):
    folder = find(name)
    if folder is None:
        pytest.skip(f"no published weights of {name}: set MIEN_TEST_WEIGHTS to a store that has them")
    return folder


def test_expressions_as_face_api_gives_them():
    network = FaceExpression.load(stored("face-api-expression"))
    crops = np.stack([astronaut()[70:182, 170:282], astronaut()[300:412, 300:412]])
    np.testing.assert_allclose(network.probabilities(crops), EXPRESSIONS, atol=1e-5)


def test_features_as_face_api_gives_them():
    network = FaceRecognition.load(stored("face-api-recognition"))
    features = network.features(astronaut()[None, 40:190, 150:300])[0]
    np.testing.assert_allclose(features[:8], FEATURES, atol=1e-5)


EXPRESSIONS = [
    [1.037526e-11, 1.0, 3.148798e-10, 1.508921e-10, 3.996778e-11, 1.546004e-13, 9.488298e-11],
    [0.2260868, 0.2125871, 0.2645653, 0.2882917, 0.000355808, 0.006897042, 0.00121625],
]
FEATURES = [-0.04409847, 0.05772516, -0.01614388, 0.06475991, -0.1386194, 0.02183916, -0.02654716, -0.1100641]
