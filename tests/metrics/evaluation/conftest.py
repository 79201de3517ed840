"""A second or two of the example clip at 29.97 frames/s, edited, and a way to evaluate what is made of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import pytest

import mien
from mien.app.demonstration import example_clip
from mien.emotion.track import EmotionTrack
from mien.metrics.evaluation.evaluate import EvaluationRequest, evaluate
from mien.metrics.evaluation.evaluation import Evaluation
from mien.metrics.evaluation.ruler import RulerKind

from .planting import Pictures, Places, pictures_of, places_in

FIRST, COUNT = 30, 62
RATE = Fraction(30000, 1001)


@dataclass(frozen=True)
class Edited:
    """A source, its edit, and the edit's pictures."""

    source: Path
    result: Path
    pictures: Pictures
    places: Places


@pytest.fixture(scope="session")
def edited(tmp_path_factory: pytest.TempPathFactory) -> Edited:
    """Frames 30 to 91 of the example, in which it speaks, at 29.97 frames/s; happy."""
    folder = tmp_path_factory.mktemp("edited")
    source, result = folder / "source.mp4", folder / "happy.mp4"
    with av.open(str(example_clip())) as given, av.open(str(source), "w") as out:
        stream = out.add_stream("libx264", rate=RATE, options={"crf": "12", "preset": "veryfast"})
        stream.width, stream.height, stream.pix_fmt = 512, 512, "yuv420p"
        for number, frame in enumerate(given.decode(video=0)):
            if FIRST <= number < FIRST + COUNT:
                frame.pts, frame.time_base, frame.pict_type = number - FIRST, 1 / RATE, av.video.frame.PictureType.NONE
                out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    mien.edit(source, "happy 1").save(result)
    return Edited(source, result, pictures_of(result), places_in(result))


Judge = Callable[..., Evaluation]


@pytest.fixture(scope="session")
def judge(edited: Edited) -> Judge:
    """``judge(result, source=...)``, by the ruler that every machine has."""

    def run(result: Path, source: Path | None = None, **options: object) -> Evaluation:
        request = EvaluationRequest(
            source or edited.source, result, track=EmotionTrack.parse("happy 1"), ruler=RulerKind(None), **options
        )
        return evaluate(request)

    return run
