"""The system `two_level`: an actor's footage taught it how the actor looks when they feel."""

from __future__ import annotations

import os
from functools import cached_property
from typing import TYPE_CHECKING

from mien.emotion.track import EmotionTrack
from mien.morphable import builtin
from mien.morphable.lips import builtin_lips
from mien.reconstruction.analysis import AnalysedFace, Analysis
from mien.systems.two_level.settings import TwoLevelConfig
from mien.types import DoubleArray

if TYPE_CHECKING:
    from mien.systems.two_level.actor import Actor
    from mien.systems.two_level.edit import TexturedMesh
    from mien.systems.two_level.face import TwoLevelFace


class TwoLevel:
    """CCFE: level 1 changes the shape, level 2 the texture, both learnt from one actor.

    Args:
        config: The user's choices.

    Raises:
        ModelError: The actor is missing, damaged, or of another morphable model.
    """

    name = "two_level"

    def __init__(self, config: TwoLevelConfig) -> None:
        from mien.systems.two_level.actor import load_actor

        assert config.actor is not None  # TwoLevelConfig refuses it
        self.config = config
        self.actor: Actor = load_actor(config.actor)
        self.actor.check_model(builtin.load())

    def prepare(self) -> None:
        """Make what every face needs; see :class:`mien.systems.base.PreparingSystem`."""
        import torch

        _ = self._mesh, self._lips
        # The other half of the cores decodes and encodes; threads that wait for each other cost more than they bring.
        torch.set_num_threads(max(1, (os.cpu_count() or 1) // 2))

    def face_renderer(self, analysis: Analysis, face: AnalysedFace, track: EmotionTrack) -> TwoLevelFace:
        """Prepare one face; see :class:`mien.systems.base.System`."""
        from mien.systems.two_level.face import TwoLevelFace

        return TwoLevelFace(self.config, self.actor, builtin.load(), self._mesh, self._lips, analysis, face, track)

    @cached_property
    def _mesh(self) -> TexturedMesh:
        from mien.systems.two_level.edit import TexturedMesh

        return TexturedMesh.of(builtin.load())

    @cached_property
    def _lips(self) -> DoubleArray:
        return builtin_lips().basis(self.config.lips)
