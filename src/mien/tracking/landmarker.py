"""MediaPipe's face landmarker file and the 52 blendshape scores that it gives.

Optional: the landmarks come from the mesh bundled in MediaPipe's wheel with or without it. The file (Apache-2.0,
3.6 MB; `mien weights get face-landmarker`) is a zip of networks; its landmark and blendshape networks are run on the
regions of our own tracks.
"""

from __future__ import annotations

import os
import zipfile
from pathlib import Path
from typing import Any

import numpy as np

from mien.errors import ModelError
from mien.tracking.graph import Graph, load_mediapipe, message
from mien.tracking.region import Region
from mien.types import ByteArray, FloatArray

LANDMARKER_VARIABLE = "MIEN_FACE_LANDMARKER"

BLENDSHAPE_NAMES = (
    "_neutral",
    "browDownLeft",
    "browDownRight",
    "browInnerUp",
    "browOuterUpLeft",
    "browOuterUpRight",
    "cheekPuff",
    "cheekSquintLeft",
    "cheekSquintRight",
    "eyeBlinkLeft",
    "eyeBlinkRight",
    "eyeLookDownLeft",
    "eyeLookDownRight",
    "eyeLookInLeft",
    "eyeLookInRight",
    "eyeLookOutLeft",
    "eyeLookOutRight",
    "eyeLookUpLeft",
    "eyeLookUpRight",
    "eyeSquintLeft",
    "eyeSquintRight",
    "eyeWideLeft",
    "eyeWideRight",
    "jawForward",
    "jawLeft",
    "jawOpen",
    "jawRight",
    "mouthClose",
    "mouthDimpleLeft",
    "mouthDimpleRight",
    "mouthFrownLeft",
    "mouthFrownRight",
    "mouthFunnel",
    "mouthLeft",
    "mouthLowerDownLeft",
    "mouthLowerDownRight",
    "mouthPressLeft",
    "mouthPressRight",
    "mouthPucker",
    "mouthRight",
    "mouthRollLower",
    "mouthRollUpper",
    "mouthShrugLower",
    "mouthShrugUpper",
    "mouthSmileLeft",
    "mouthSmileRight",
    "mouthStretchLeft",
    "mouthStretchRight",
    "mouthUpperUpLeft",
    "mouthUpperUpRight",
    "noseSneerLeft",
    "noseSneerRight",
)
"""The 52 scores in the network's order; left and right are the person's own."""


def find_landmarker(path: str | os.PathLike[str] | None = None) -> Path | None:
    """The face landmarker file to use.

    Args:
        path: The user's choice; without one the environment variable ``MIEN_FACE_LANDMARKER`` names the file.

    Returns:
        The file, or None if neither names one.

    Raises:
        ModelError: If the file named is not there.
    """
    named = path if path is not None else os.environ.get(LANDMARKER_VARIABLE) or None
    if named is None:
        return None
    file = Path(named)
    if not file.is_file():
        raise ModelError(f"There is no face landmarker file {file}; name an existing one or none.")
    return file


class BlendshapeReader:
    """The landmark and blendshape networks of the face landmarker file, run on one region of an image.

    Args:
        path: ``face_landmarker.task``.

    Raises:
        ModelError: If the file does not hold these networks.
    """

    def __init__(self, path: Path) -> None:
        load_mediapipe()
        from mediapipe.framework.formats.classification_pb2 import ClassificationList

        self._kind = ClassificationList
        try:
            with zipfile.ZipFile(path) as archive:
                landmarks = archive.read("face_landmarks_detector.tflite")
                blendshapes = archive.read("face_blendshapes.tflite")
            self._graph = Graph(_config(landmarks, blendshapes), ["blendshapes"], modern=True)
        except (OSError, KeyError, zipfile.BadZipFile, RuntimeError, ValueError) as error:
            raise ModelError(f"{path} is not a face landmarker file of MediaPipe ({error}).") from error

    def read(self, image: ByteArray, region: Region) -> FloatArray:
        """Scores ``(52,)`` in [0, 1] of the face in a region.

        Args:
            image: ``(H, W, 3)`` uint8 RGB.
            region: Around the face, in px of the image.
        """
        scores = message(self._graph.run(image, region)["blendshapes"], self._kind).classification
        return np.array([score.score for score in scores], np.float32)

    def close(self) -> None:
        """Free the networks."""
        self._graph.close()


def _config(landmarks: bytes, blendshapes: bytes) -> Any:
    from mediapipe.framework import calculator_pb2
    from mediapipe.tasks.cc.vision.face_landmarker.proto import (
        face_blendshapes_graph_options_pb2,
        face_landmarks_detector_graph_options_pb2,
    )

    package = "mediapipe.tasks.vision.face_landmarker."
    config = calculator_pb2.CalculatorGraphConfig(input_stream=["image", "region"])
    mesh = config.node.add(
        calculator=package + "SingleFaceLandmarksDetectorGraph",
        input_stream=["IMAGE:image", "NORM_RECT:region"],
        output_stream=["NORM_LANDMARKS:landmarks"],
    )
    extension = face_landmarks_detector_graph_options_pb2.FaceLandmarksDetectorGraphOptions.ext
    _set_network(mesh, extension, landmarks).min_detection_confidence = 0.0
    config.node.add(calculator="ImagePropertiesCalculator", input_stream=["IMAGE:image"], output_stream=["SIZE:size"])
    scores = config.node.add(
        calculator=package + "FaceBlendshapesGraph",
        input_stream=["LANDMARKS:landmarks", "IMAGE_SIZE:size"],
        output_stream=["BLENDSHAPES:blendshapes"],
    )
    _set_network(scores, face_blendshapes_graph_options_pb2.FaceBlendshapesGraphOptions.ext, blendshapes)
    return config


def _set_network(node: Any, extension: Any, content: bytes) -> Any:
    """Give a node its network, run by XNNPACK on the CPU, and return its options."""
    options = node.options.Extensions[extension]
    options.base_options.model_asset.file_content = content
    options.base_options.acceleration.xnnpack.SetInParent()
    return options
