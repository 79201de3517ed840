"""Hypothesis strategies: any valid keyframe and track."""

from hypothesis import strategies as st

from mien.emotion.action_units import AU_COLUMNS
from mien.emotion.keyframes import EASINGS, MAX_TIME_S, Keyframe
from mien.emotion.track import EmotionTrack
from mien.emotion.vocabulary import EMOTIONS, NEUTRAL

intensities = st.floats(0, 1)
times = st.floats(0, MAX_TIME_S)


@st.composite
def keyframes(draw: st.DrawFn, time_s: float, easings: tuple[str, ...] = EASINGS) -> Keyframe:
    values = draw(st.dictionaries(st.sampled_from(AU_COLUMNS), intensities, max_size=4))
    emotion = draw(st.sampled_from((NEUTRAL, *EMOTIONS, *([None] if values else []))))
    intensity = draw(intensities) if emotion in EMOTIONS else None
    return Keyframe(time_s, emotion, intensity, tuple(values.items()), draw(st.sampled_from(easings)))


@st.composite
def tracks(
    draw: st.DrawFn, at: st.SearchStrategy[float] = times, easings: tuple[str, ...] = EASINGS, max_size: int = 6
) -> EmotionTrack:
    chosen = sorted(draw(st.lists(at, min_size=1, max_size=max_size, unique=True)))
    return EmotionTrack(tuple(draw(keyframes(time_s, easings)) for time_s in chosen))
