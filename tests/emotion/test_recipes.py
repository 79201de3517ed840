from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mien.emotion.action_units import AU_COLUMN_INDEX, AU_COLUMNS, columns_of
from mien.emotion.recipes import RECIPES, SOURCES, leading, recipe, recipe_weights
from mien.emotion.track import EmotionTrack
from mien.emotion.vocabulary import EMOTIONS
from mien.errors import EmotionError, InputError

from .tracks import tracks

# Core units of EMFACS (Friesen & Ekman 1983) as the literature tabulates them; contempt on the right.
EMFACS = {
    "happy": {"AU6", "AU12"},
    "sad": {"AU1", "AU4", "AU15"},
    "surprised": {"AU1", "AU2", "AU5", "AU26"},
    "fear": {"AU1", "AU2", "AU4", "AU5", "AU7", "AU20", "AU26"},
    "angry": {"AU4", "AU5", "AU7", "AU23"},
    "disgusted": {"AU9", "AU15", "AU16"},
    "contempt": {"AU12R", "AU14R"},
}


def weights(text: str, lips: float = 1.0, **options: object) -> tuple[np.ndarray, np.ndarray]:
    target, relax = recipe_weights(EmotionTrack.parse(text).sample([0.0]), lips, **options)  # type: ignore[arg-type]
    return target[0], relax[0]


def columns(values: np.ndarray) -> set[str]:
    return {AU_COLUMNS[i] for i in np.flatnonzero(values)}


@pytest.mark.parametrize("emotion", EMFACS)
def test_free_lips_show_at_least_the_units_of_emfacs(emotion: str) -> None:
    target, _ = weights(emotion, lips=0.0)
    assert {column for name in EMFACS[emotion] for column in columns_of(name)} <= columns(target)


@pytest.mark.parametrize("emotion", EMOTIONS)
def test_every_emotion_has_a_recipe_with_sources_and_leading_units(emotion: str) -> None:
    rows = recipe(emotion)
    assert leading(emotion)
    for row in rows:
        assert any(key in row.source for key in SOURCES) or row.source.startswith("ours"), row
    target, relax = weights(emotion)
    assert not columns(target) & columns(relax), "a recipe asks for what it takes away"
    leads, _ = weights(emotion, lips=1.0)
    assert set(leading(emotion)) <= columns(leads), "an emotion must be measurable while the lips are kept"


def test_kept_lips_leave_mouth_opening_alone() -> None:
    for emotion in EMOTIONS:
        target, _ = weights(emotion, lips=1.0)
        assert not {"AU25", "AU26", "AU27"} & columns(target), emotion


def test_free_lips_open_the_mouth_in_surprise_and_fear() -> None:
    for emotion in ("surprised", "fear"):
        target, _ = weights(emotion, lips=0.0)
        assert target[AU_COLUMN_INDEX["AU26"]] >= 0.3


def test_sadness_takes_a_smile_away() -> None:
    _, relax = weights("sad")
    assert relax[AU_COLUMN_INDEX["AU12L"]] == relax[AU_COLUMN_INDEX["AU12R"]] == 1


@pytest.mark.parametrize(("side", "shows", "other"), [("right", "R", "L"), ("left", "L", "R")])
def test_contempt_is_on_one_side(side: str, shows: str, other: str) -> None:
    target, relax = weights("contempt", contempt_side=side)
    assert target[AU_COLUMN_INDEX[f"AU14{shows}"]] > 0
    assert target[AU_COLUMN_INDEX[f"AU14{other}"]] == 0
    assert relax[AU_COLUMN_INDEX[f"AU12{other}"]] > 0
    assert relax[AU_COLUMN_INDEX[f"AU12{shows}"]] == 0
    assert leading("contempt", side) == (f"AU12{shows}", f"AU14{shows}")  # type: ignore[arg-type]


def test_emotions_that_have_one_side_only_are_contempt() -> None:
    for emotion in EMOTIONS:
        target, relax = weights(emotion)
        for values in (target, relax):
            left = [values[i] for i, c in enumerate(AU_COLUMNS) if c.endswith("L")]
            right = [values[i] for i, c in enumerate(AU_COLUMNS) if c.endswith("R")]
            assert (left == right) == (emotion != "contempt")


def test_direct_units_are_combined_by_the_greater() -> None:
    plain, _ = weights("angry 0.5")
    target, _ = weights("angry 0.5 AU4L 0.9 AU4R 0.1 AU27 0.3")
    assert target[AU_COLUMN_INDEX["AU4L"]] == 0.9
    assert target[AU_COLUMN_INDEX["AU4R"]] == plain[AU_COLUMN_INDEX["AU4R"]] > 0.1
    assert target[AU_COLUMN_INDEX["AU27"]] == 0.3


@given(st.sampled_from(EMOTIONS), st.floats(0, 1), st.floats(0, 1))
def test_linear_in_intensity_and_in_lips(emotion: str, intensity: float, lips: float) -> None:
    for at, kept, free in zip(
        weights(f"{emotion} {intensity:.17f}", lips), weights(emotion, 1.0), weights(emotion, 0.0), strict=True
    ):
        # The tolerance is that of a few roundings of numbers up to 1.
        assert np.allclose(at, intensity * (lips * kept + (1 - lips) * free), rtol=0, atol=1e-14)


@given(tracks(), st.floats(0, 1))
def test_weights_stay_in_range(track: EmotionTrack, lips: float) -> None:
    times = [keyframe.time_s for keyframe in track.keyframes]
    for values in recipe_weights(track.sample(times), lips):
        assert values.shape == (len(times), len(AU_COLUMNS))
        assert values.min() >= 0
        assert values.max() <= 1


def test_neutral_asks_for_nothing() -> None:
    for values in weights("neutral"):
        assert not values.any()
    assert recipe("neutral") == ()


def test_a_table_of_ones_own() -> None:
    changed = tuple(replace(row, kept=0.123) if row.action_unit == "AU6" else row for row in RECIPES)
    target, _ = weights("happy", recipes=changed)
    assert target[AU_COLUMN_INDEX["AU6L"]] == 0.123


@pytest.mark.parametrize(
    ("change", "says"),
    [({"kept": 1.2}, "outside 0 to 1"), ({"emotion": "joy"}, "not one of EMOTIONS"), ({"action_unit": "AU3"}, "AU3")],
)
def test_a_wrong_table_is_refused(change: dict[str, object], says: str) -> None:
    with pytest.raises(EmotionError, match=says):
        weights("happy", recipes=(replace(RECIPES[0], **change),))  # type: ignore[arg-type]


def test_a_unit_named_twice_is_refused() -> None:
    with pytest.raises(EmotionError, match="AU12L twice"):
        weights("happy", recipes=(RECIPES[0], RECIPES[0]))


@pytest.mark.parametrize("options", [{"lips": 1.5}, {"lips": float("nan")}, {"contempt_side": "up"}])
def test_options_are_checked(options: dict[str, object]) -> None:
    with pytest.raises(InputError):
        weights("happy", **options)  # type: ignore[arg-type]
