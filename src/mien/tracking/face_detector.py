"""Where faces are in an image, from a face that fills it down to one of 4 % of its longer side."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from mien.tracking.graph import Graph, load_mediapipe, messages
from mien.tracking.region import FACE_SHARE, Region
from mien.types import ByteArray

_RANGES = {"full": "FaceDetectionFullRangeCpu", "short": "FaceDetectionShortRangeCpu"}

_LEAST_SCORE = 0.3
"""Lower than MediaPipe's 0.6: small faces score 0.3 to 0.8, and what is none shows in the mesh network's presence."""


@dataclass(frozen=True, slots=True)
class Detection:
    """A face found: its region in px of the image, and the detector's score, 0-1."""

    region: Region
    score: float


class FaceDetector:
    """MediaPipe's BlazeFace detectors, as bundled in its wheel.

    Args:
        reach: ``full`` (about 5 ms) finds faces from 4 % of the image's longer side up; ``short`` (about 2 ms) also
            faces larger than the image.
    """

    def __init__(self, reach: str) -> None:
        load_mediapipe()
        from mediapipe.framework import calculator_pb2
        from mediapipe.framework.formats.detection_pb2 import Detection as DetectionMessage
        from mediapipe.modules.face_detection.face_detection_pb2 import FaceDetectionOptions

        self._kind = DetectionMessage
        config = calculator_pb2.CalculatorGraphConfig(input_stream=["image"], output_stream=["detections"])
        node = config.node.add(
            calculator=_RANGES[reach], input_stream=["IMAGE:image"], output_stream=["DETECTIONS:detections"]
        )
        node.options.Extensions[FaceDetectionOptions.ext].min_score_thresh = _LEAST_SCORE
        self._graph = Graph(config, ["detections"])

    def detect(self, image: ByteArray) -> list[Detection]:
        """Find faces.

        Args:
            image: ``(H, W, 3)`` uint8 RGB, square pixels.

        Returns:
            One entry a face, the largest first.
        """
        packets = self._graph.run(image)
        if "detections" not in packets:
            return []
        height, width = image.shape[:2]
        found = [_detection(each, width, height) for each in messages(packets["detections"], self._kind)]
        return sorted(found, key=lambda each: -each.region.size)

    def close(self) -> None:
        """Free the network."""
        self._graph.close()


def _detection(detection: Any, width: int, height: int) -> Detection:
    location = detection.location_data
    box = location.relative_bounding_box
    right_eye, left_eye = location.relative_keypoints[0], location.relative_keypoints[1]
    angle = np.arctan2((left_eye.y - right_eye.y) * height, (left_eye.x - right_eye.x) * width)
    region = Region(
        (box.xmin + box.width / 2) * width,
        (box.ymin + box.height / 2) * height,
        max(box.width * width, box.height * height) / FACE_SHARE,
        float(angle),
    )
    return Detection(region, float(detection.score[0]))
