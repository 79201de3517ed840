"""The system `instant`: any face, at once, no training."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mien.emotion.track import EmotionTrack
from mien.reconstruction.analysis import AnalysedFace, Analysis
from mien.systems.instant.config import InstantConfig

if TYPE_CHECKING:
    from mien.systems.instant.face import InstantFace


class Instant:
    """The 3DMM moves, the frame's own pixels follow, shading and wrinkles follow the shape."""

    name = "instant"

    def __init__(self, config: InstantConfig | None = None) -> None:
        self.config = config or InstantConfig()

    def prepare(self) -> None:
        """Load what every clip needs; see :class:`mien.systems.base.PreparingSystem`."""
        from mien.systems.instant.face import prepare

        prepare()

    def face_renderer(self, analysis: Analysis, face: AnalysedFace, track: EmotionTrack) -> InstantFace:
        """Prepare one face; see :class:`mien.systems.base.System`."""
        from mien.systems.instant.face import InstantFace, builtin_kit

        return InstantFace(self.config, builtin_kit(), analysis, face, track)
