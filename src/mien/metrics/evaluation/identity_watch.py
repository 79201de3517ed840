"""Identity: is it still the same person, by the mean features of source and result."""

from __future__ import annotations

from contextlib import suppress

from mien.errors import InputError, ModelError
from mien.metrics.evaluation.evaluation import Figure
from mien.metrics.evaluation.judged import Kind, judged, unavailable
from mien.metrics.evaluation.look import Look
from mien.metrics.evaluation.measured import Measured
from mien.metrics.feature_network import FeatureNetwork, feature_network
from mien.metrics.identity import MeanFeature, identity_similarity

EVERY = 10
"""Frames between two that the network sees; the figure is of means."""


class IdentityWatcher:
    """Takes the mean features of both faces.

    Args:
        figure: ``ID`` (ArcFace, as CCFE) or ``ID[face-api]``.
    """

    def __init__(self, figure: str) -> None:
        origin = "CCFE 4.2" if figure == "ID" else "ours, after CCFE 4.2"
        self._kind = Kind(
            figure, "Same person" if figure == "ID" else "Same person, by face-api", "identity", "", origin
        )
        self._means = MeanFeature(), MeanFeature()
        self._network: FeatureNetwork | None = None
        self._missing = ""
        try:
            self._network = feature_network(figure)
        except ModelError as error:  # not on this machine, or a package that it needs is not
            self._missing = f"Not available: {str(error).rstrip('.')}."

    def see(self, row: int, look: Look) -> None:
        """See :meth:`mien.metrics.evaluation.look.Watcher.see`."""
        if self._network is None or row % EVERY or look.source_face is None or look.result_face is None:
            return
        with suppress(InputError):  # a face outside the picture
            first = self._network.read(look.source, look.source_face.landmarks)
            second = self._network.read(look.result, look.result_face.landmarks)
            self._means[0].add(first)
            self._means[1].add(second)

    def figures(self, measured: Measured) -> list[Figure]:  # noqa: ARG002 - a figure of the whole clip
        """See :meth:`mien.metrics.evaluation.look.Watcher.figures`."""
        if self._missing:
            return [unavailable(self._kind, self._missing)]
        if self._means[0].count == 0:
            return [unavailable(self._kind, "No frame has the face in both clips.")]
        value = identity_similarity(self._means[0].mean(), self._means[1].mean())
        sentence = f"Mean face features of source and result have a cosine of {value:.3f}; 1 is the same face."
        return [judged(self._kind, value, sentence)]
