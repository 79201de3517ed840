"""The face mesh network: 478 landmarks and a presence score from one region of an image."""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from typing import Any

import numpy as np

from mien.tracking.graph import Graph, load_mediapipe, serialised
from mien.tracking.region import Region
from mien.types import LANDMARK_COUNT, ByteArray, FloatArray

_PRESENCE = "facelandmarkcpu__face_presence_score"


@dataclass(frozen=True, slots=True)
class MeshReading:
    """What the network saw: landmarks ``(478, 3)`` float32, px from the image's edge, and the presence score.

    ``presence`` is the network's own score before its logistic function. After it, anything from half a face up
    reads 1.0. Before it, measured on the development clips: 17 to 37 on a free face, 12 to 25 with a hand, a sheet or
    the frame's edge over half of it, below 5 with all of it covered, below -5 on background.
    """

    landmarks: FloatArray
    presence: float


class FaceMesh:
    """MediaPipe's attention mesh (Grishchenko et al. 2020), as bundled in its wheel. About 3 ms a face."""

    def __init__(self) -> None:
        load_mediapipe()
        for name in _OPTION_MODULES:  # options that protobuf was not told of would be lost on the way
            importlib.import_module(f"mediapipe.{name}_pb2")
        from mediapipe.calculators.tensor.tensors_to_floats_calculator_pb2 import TensorsToFloatsCalculatorOptions
        from mediapipe.calculators.util.thresholding_calculator_pb2 import ThresholdingCalculatorOptions
        from mediapipe.framework import calculator_pb2
        from mediapipe.framework.formats.landmark_pb2 import NormalizedLandmarkList
        from mediapipe.python import packet_getter
        from mediapipe.python._framework_bindings import validated_graph_config

        self._get_float = packet_getter.get_float
        self._kind = NormalizedLandmarkList
        draft = validated_graph_config.ValidatedGraphConfig()
        draft.initialize(graph_config=_CONFIG)
        config = calculator_pb2.CalculatorGraphConfig()
        config.ParseFromString(draft.binary_config)
        for node in config.node:
            # The subgraph keeps landmarks back below a presence threshold, and gives the score squashed: undo both.
            if node.calculator == "ThresholdingCalculator":
                node.options.Extensions[ThresholdingCalculatorOptions.ext].threshold = -1e9
            if node.calculator == "TensorsToFloatsCalculator":
                node.options.Extensions[TensorsToFloatsCalculatorOptions.ext].activation = 0
        self._graph = Graph(config, ["landmarks", _PRESENCE])

    def read(self, image: ByteArray, region: Region) -> MeshReading:
        """Find the landmarks of the face in a region.

        Args:
            image: ``(H, W, 3)`` uint8 RGB.
            region: Around the face, in px of the image.
        """
        packets = self._graph.run(image, region)
        landmarks = _read_landmarks(packets["landmarks"], self._kind)
        height, width = image.shape[:2]
        assert landmarks.shape == (LANDMARK_COUNT, 3)
        landmarks *= np.array([width, height, width], np.float32)
        landmarks[:, :2] += _CENTRE_PX
        return MeshReading(landmarks, self._get_float(packets[_PRESENCE]))

    def close(self) -> None:
        """Free the network."""
        self._graph.close()


def _read_landmarks(packet: Any, kind: Any) -> FloatArray:
    """The positions in a packet ``(N, 3)``.

    One after the other through protobuf they take longer than all else here, so they are read out of its wire format
    where that is what three floats a landmark give.
    """
    content = serialised(packet)
    if len(content) % _ENTRY.itemsize == 0:
        heads = np.frombuffer(content, np.uint8).reshape(-1, _ENTRY.itemsize)[:, _KEY_BYTES]
        if (heads == _KEYS).all():
            entries = np.frombuffer(content, _ENTRY)
            points = np.empty((len(entries), 3), np.float32)
            points[:, 0], points[:, 1], points[:, 2] = entries["x"], entries["y"], entries["z"]
            return points
    points = kind.FromString(content).landmark
    return np.array([(point.x, point.y, point.z) for point in points], np.float32)


_ENTRY = np.dtype([("head", "<u2"), ("kx", "u1"), ("x", "<f4"), ("ky", "u1"), ("y", "<f4"), ("kz", "u1"), ("z", "<f4")])
"""A landmark in a serialised NormalizedLandmarkList: field 1 of 15 bytes, in it the fields 1 to 3, each a float."""

_KEY_BYTES = [0, 1, 2, 7, 12]
_KEYS = np.array([0x0A, 0x0F, 0x0D, 0x15, 0x1D], np.uint8)
"""What says so, and where it stands in each."""

_CENTRE_PX = np.float32(0.5)
"""From a pixel's centre to our edge. MediaPipe's positions times the image's size count from the first pixel's centre,
as images turned by 90° and 180° and enlarged show: there, what counts from the edge is off by 0.49 to 0.52 px. Its crop
takes whole numbers for centres, and so does the network."""

_OPTION_MODULES = (
    "calculators.core.constant_side_packet_calculator",
    "calculators.core.split_vector_calculator",
    "calculators.tensor.image_to_tensor_calculator",
    "calculators.tensor.inference_calculator",
    "calculators.tensor.tensors_to_landmarks_calculator",
    "calculators.util.landmarks_refinement_calculator",
    "framework.tool.switch_container",
)

_CONFIG = """
input_stream: "image"
input_stream: "region"
output_stream: "landmarks"
node {
  calculator: "ConstantSidePacketCalculator"
  output_side_packet: "PACKET:with_attention"
  options { [mediapipe.ConstantSidePacketCalculatorOptions.ext] { packet { bool_value: true } } }
}
node {
  calculator: "FaceLandmarkCpu"
  input_stream: "IMAGE:image"
  input_stream: "ROI:region"
  input_side_packet: "WITH_ATTENTION:with_attention"
  output_stream: "LANDMARKS:landmarks"
}
"""
