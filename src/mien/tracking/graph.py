"""A MediaPipe graph run frame by frame, on regions that we choose.

MediaPipe's ready-made ``FaceMesh`` picks its own regions, gives its faces in no fixed order and hides the network's
face presence score. The networks are the same here, but each is run on one region at a time: so a face keeps its
track, a small face is read from a crop at full resolution, and the score tells when the mesh is not on a face.
Written against MediaPipe 0.10.14, whose graph and stream names these are.
"""

from __future__ import annotations

import importlib
import importlib.util
import os
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from mien.tracking.region import Region
from mien.types import ByteArray

_QUIET_LOCK = threading.Lock()


def load_mediapipe() -> None:
    """Make MediaPipe's native part importable, silence its log and tell it where its bundled models lie.

    Its package imports OpenCV and matplotlib for drawing. OpenCV fails to load on servers without libGL, so the package
    is entered without running its ``__init__``; what that would have brought is imported when someone asks for it.
    """
    os.environ.setdefault("GLOG_minloglevel", "2")
    if "mediapipe" not in sys.modules:
        spec = importlib.util.find_spec("mediapipe")
        if spec is None:
            raise ImportError("mediapipe is not installed; install it with: pip install mediapipe==0.10.14")
        package = importlib.util.module_from_spec(spec)
        package.__getattr__ = _mediapipe_attribute  # type: ignore[method-assign]
        sys.modules["mediapipe"] = package
    from mediapipe.python._framework_bindings import resource_util

    resource_util.set_resource_dir(str(Path(sys.modules["mediapipe"].__path__[0]).parent))


def serialised(packet: Any) -> bytes:
    """A packet's protobuf message as it is sent.

    MediaPipe's own reader looks the message's kind up in a way that protobuf warns of.
    """
    from mediapipe.python._framework_bindings import _packet_getter

    content: bytes = _packet_getter._get_serialized_proto(packet)
    return content


def message(packet: Any, kind: Any) -> Any:
    """A packet's protobuf message of a known kind."""
    return kind.FromString(serialised(packet))


def messages(packet: Any, kind: Any) -> list[Any]:
    """The same of a packet that holds a list."""
    from mediapipe.python._framework_bindings import _packet_getter

    return [kind.FromString(each) for each in _packet_getter._get_serialized_proto_list(packet)]


def _mediapipe_attribute(name: str) -> Any:
    """What MediaPipe's ``__init__`` offers under a name."""
    python = importlib.import_module("mediapipe.python")
    if name in ("solutions", "tasks"):
        return importlib.import_module(
            "mediapipe.python.solutions" if name == "solutions" else "mediapipe.tasks.python"
        )
    if name.startswith("_") or not hasattr(python, name):
        raise AttributeError(f"module 'mediapipe' has no attribute {name!r}")
    return getattr(python, name)


@contextmanager
def quiet_stderr() -> Iterator[None]:
    """Send file descriptor 2 to nowhere: the networks' native code greets there, past Python, when it loads."""
    with _QUIET_LOCK:
        sys.stderr.flush()
        try:
            saved = os.dup(2)
        except OSError:  # no standard error at all (a windowed program): nothing to silence
            yield
            return
        nowhere = os.open(os.devnull, os.O_WRONLY)
        try:
            os.dup2(nowhere, 2)
            yield
        finally:
            os.dup2(saved, 2)
            os.close(saved)
            os.close(nowhere)


class Graph:
    """One MediaPipe graph with an image input ``image`` and, where it asks for one, a region input ``region``.

    Not for use from two threads at once.

    Args:
        config: The graph (``CalculatorGraphConfig``), its inputs named ``image`` and optionally ``region``.
        outputs: Names of the streams to read.
        modern: Whether the graph takes the newer ``Image`` instead of an ``ImageFrame``.
    """

    def __init__(self, config: Any, outputs: Sequence[str], *, modern: bool = False) -> None:
        from mediapipe.python._framework_bindings import calculator_graph

        self._has_region = "region" in config.input_stream
        self._modern = modern
        self._time = 0
        self._packets: dict[str, Any] = {}
        with quiet_stderr():
            self._graph = calculator_graph.CalculatorGraph(graph_config=config)
            for name in outputs:
                self._graph.observe_output_stream(name, self._packets.__setitem__)
            self._graph.start_run({})
            # The first frame loads the networks, and they greet then.
            self.run(np.zeros((64, 64, 3), np.uint8), Region(32, 32, 48) if self._has_region else None)

    def run(self, image: ByteArray, region: Region | None = None) -> dict[str, Any]:
        """Run the graph on one image.

        Args:
            image: ``(H, W, 3)`` uint8 RGB.
            region: Where to look, in px of this image.

        Returns:
            The packets of the outputs that the graph gave, by stream name.
        """
        from mediapipe.framework.formats import rect_pb2
        from mediapipe.python import ImageFormat, packet_creator

        self._time += 1
        self._packets.clear()
        create = packet_creator.create_image if self._modern else packet_creator.create_image_frame
        read_only = np.ascontiguousarray(image).view()
        read_only.flags.writeable = False  # what may be written MediaPipe copies first
        packet = create(read_only, image_format=ImageFormat.SRGB)
        self._graph.add_packet_to_input_stream("image", packet.at(self._time))
        if self._has_region:
            if region is None:
                raise ValueError("this graph needs a region")
            height, width = image.shape[:2]
            rect = rect_pb2.NormalizedRect(
                x_center=region.x / width,
                y_center=region.y / height,
                width=region.size / width,
                height=region.size / height,
                rotation=region.angle,
            )
            self._graph.add_packet_to_input_stream("region", packet_creator.create_proto(rect).at(self._time))
        self._graph.wait_until_idle()
        return dict(self._packets)

    def close(self) -> None:
        """Free the networks."""
        self._graph.close()
