"""Which pixels of a picture show a person, hair and clothes included."""

from __future__ import annotations

from functools import cached_property

import numpy as np

from mien.tracking.graph import Graph, load_mediapipe
from mien.types import ByteArray, FloatArray


class PersonSegmenter:
    """MediaPipe's selfie segmentation, as bundled in its wheel; about 5 ms a picture of any size.

    The network is loaded for the first picture. Not for use from two threads at once.
    """

    @cached_property
    def _graph(self) -> Graph:
        load_mediapipe()
        from mediapipe.framework import calculator_pb2

        config = calculator_pb2.CalculatorGraphConfig(input_stream=["image"], output_stream=["mask"])
        config.node.add(
            calculator="SelfieSegmentationCpu", input_stream=["IMAGE:image"], output_stream=["SEGMENTATION_MASK:mask"]
        )
        return Graph(config, ["mask"])

    def segment(self, image: ByteArray) -> FloatArray:
        """How surely each pixel shows a person.

        Args:
            image: ``(H, W, 3)`` uint8 RGB.

        Returns:
            ``(H, W)`` float32, 0-1; all 0 where the network says nothing.
        """
        from mediapipe.python import packet_getter

        packets = self._graph.run(image)
        if "mask" not in packets:
            return np.zeros(image.shape[:2], np.float32)
        return np.array(packet_getter.get_image_frame(packets["mask"]).numpy_view(), np.float32)

    def close(self) -> None:
        """Free the network, if it was loaded."""
        if "_graph" in self.__dict__:
            self._graph.close()
