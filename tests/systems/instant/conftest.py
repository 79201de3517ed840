from __future__ import annotations

from ...drawn_face import drawn_face, model

__all__ = ["drawn_face", "model"]
