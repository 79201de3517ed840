"""Labels from action units: expressions that are known come back, what is ambiguous is left out."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mien.data.label_footage import NeutralStretch
from mien.data.labelling import (
    LEFT_OUT,
    LEVELS,
    SHORTEST_S,
    Reading,
    find_neutral,
    find_stretches,
    read_expressions,
    runs,
    smoothed,
)
from mien.data.seen_expressions import NOISE, SEEN, in_pairs, signatures
from mien.emotion.action_units import AU_COLUMN_INDEX, AU_COLUMNS, columns_of
from mien.errors import InputError

NAMES = ("neutral", *SEEN)
REST = np.zeros(len(AU_COLUMNS))
REST[[AU_COLUMN_INDEX[name] for name in ("AU2L", "AU2R", "AU12L", "AU12R")]] = (0.3, 0.3, 0.1, 0.1)


def shown(emotion: str, intensity: float, frames: int = 1, rest: np.ndarray = REST) -> np.ndarray:
    """Frames that show exactly what is seen of an emotion."""
    kinds, changes = signatures(rest)
    return np.tile(rest + intensity * changes[kinds.index(emotion)], (frames, 1))


@pytest.mark.parametrize("emotion", SEEN)
@pytest.mark.parametrize("intensity", LEVELS)
def test_what_is_seen_of_an_emotion_is_recognised_with_its_intensity(emotion: str, intensity: float) -> None:
    reading = read_expressions(shown(emotion, intensity), REST)
    found = reading.label[0]
    # At a third, fear differs from surprise, and disgust from anger, by less than noise: left out, never wrong.
    if intensity > 0.5:
        assert NAMES[found] == emotion
    assert found == LEFT_OUT or NAMES[found] == emotion
    # A weak fear may be read as the surprise that it is a part of, which is as strong.
    assert reading.intensity[0] == pytest.approx(intensity, abs=0.06)


@settings(max_examples=60, deadline=None)
@given(
    emotion=st.sampled_from([*SEEN]),
    intensity=st.floats(0.35, 1.0),
    speech=st.floats(0.0, 0.4),
    seed=st.integers(0, 2**32 - 1),
)
def test_speech_and_noise_do_not_make_another_emotion(emotion: str, intensity: float, speech: float, seed: int) -> None:
    """Half the noise that talking makes, and units of speech at any strength: right, or left out; rarely a relative."""
    rng = np.random.default_rng(seed)
    beta = shown(emotion, intensity)
    for unit, sigma in NOISE.items():
        beta[0, [AU_COLUMN_INDEX[unit + side] for side in "LR"]] += rng.normal(0.0, 0.5 * sigma, 2)
    for unit in ("AU25", "AU26", "AU18"):
        beta[0, AU_COLUMN_INDEX[unit]] += speech
    found = read_expressions(beta, REST).label[0]
    relatives = {"fear": {"surprised"}, "angry": {"disgusted"}, "disgusted": {"angry"}, "surprised": {"fear"}}
    weak = {"neutral"} if intensity < 0.6 else set()
    # What is seen of contempt and of a weak smile differs on one side of the mouth alone.
    smiles = {"contempt": {"happy"}, "happy": {"contempt"}} if intensity < 0.6 else {}
    allowed = {emotion} | weak | relatives.get(emotion, set()) | smiles.get(emotion, set())
    assert found == LEFT_OUT or NAMES[found] in allowed


def test_contempt_is_seen_on_either_side() -> None:
    for side in "LR":
        beta = REST[None].copy()
        beta[0, AU_COLUMN_INDEX[f"AU12{side}"]] += SEEN["contempt"]["AU12"]
        assert NAMES[read_expressions(beta, REST).label[0]] == "contempt"


def test_grimaces_open_mouths_and_mixtures_are_left_out() -> None:
    grimace, gaping = REST[None].copy(), REST[None].copy()
    grimace[0, AU_COLUMN_INDEX["AU30R"]] += 0.8
    gaping[0, AU_COLUMN_INDEX["AU27"]] += 0.8
    mixture = 0.5 * (shown("happy", 1.0) + shown("angry", 1.0))
    halfway = 0.5 * (shown("angry", 1.0) + shown("disgusted", 1.0))
    for beta in (grimace, gaping, mixture):
        assert read_expressions(beta, REST).label[0] == LEFT_OUT
    assert read_expressions(halfway, REST).explained[0] > 0.5  # it is one of them, but which?
    quiet = REST[None].copy()
    quiet[0, AU_COLUMN_INDEX["AU26"]] += 0.3
    assert read_expressions(quiet, REST).label[0] == 0


def test_what_the_recipe_takes_away_counts_where_the_neutral_has_it() -> None:
    """Anger lowers the brows that this person's neutral has raised: the signature goes below neutral there."""
    kinds, changes = signatures(REST)
    angry = changes[kinds.index("angry")]
    for column in columns_of("AU2"):
        assert angry[AU_COLUMN_INDEX[column]] == pytest.approx(-0.3)
    assert not signatures(np.zeros(len(AU_COLUMNS)))[1].min() < 0.0


def test_pairs_keep_lengths() -> None:
    rng = np.random.default_rng(0)
    change = np.zeros((5, len(AU_COLUMNS)))
    places = [AU_COLUMN_INDEX[unit + side] for unit in NOISE for side in "LR"]
    change[:, places] = rng.normal(size=(5, len(places)))
    assert np.linalg.norm(in_pairs(change), axis=1) == pytest.approx(np.linalg.norm(change, axis=1))


def test_neutral_is_found_among_expressions() -> None:
    """A fifth of the frames is neutral, the rest acts; noise of 0.02."""
    rng = np.random.default_rng(1)
    frames = [shown(emotion, rng.uniform(0.5, 1.0)) for emotion in SEEN for _ in range(20)]
    frames += [REST[None]] * 40
    beta = np.concatenate(frames) + rng.normal(0.0, 0.02, (len(frames), len(AU_COLUMNS)))
    assert np.abs(find_neutral(beta) - REST).max() < 0.03
    with pytest.raises(InputError, match="not"):
        find_neutral(np.zeros((0, 5)))


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.integers(-1, 3), st.integers(1, 40), st.floats(0.2, 1.0)), min_size=1, max_size=12))
def test_stretches_are_disjoint_long_enough_and_uniform(pieces: list[tuple[int, int, float]]) -> None:
    label = np.concatenate([[kind] * length for kind, length, _ in pieces])
    intensity = np.concatenate([[0.0 if kind == 0 else amount] * length for kind, length, amount in pieces])
    times_s = np.arange(len(label)) / 25.0
    found = find_stretches(Reading(NAMES, label, intensity, np.ones(len(label))), times_s)
    bounds = [(stretch.start, stretch.stop) for stretch in found]
    assert all(before[1] <= after[0] for before, after in pairwise(bounds))
    for stretch in found:
        assert (stretch.stop - stretch.start) / 25.0 >= SHORTEST_S - 1e-9
        assert stretch.start <= stretch.peak < stretch.stop
        assert stretch.level in ((0.0,) if stretch.emotion == "neutral" else LEVELS)
        inside = label[stretch.start : stretch.stop]
        assert (inside == NAMES.index(stretch.emotion)).mean() >= 0.5  # the rest are bridged gaps


def test_levels_follow_the_intensity_and_short_gaps_are_bridged() -> None:
    label = np.array([0] * 20 + [1] * 15 + [LEFT_OUT] * 2 + [1] * 45 + [LEFT_OUT] * 10 + [0] * 3)
    intensity = np.concatenate([np.zeros(20), np.full(31, 0.3), np.full(31, 0.95), np.zeros(13)])
    reading = Reading(NAMES, label, intensity, np.ones(len(label)))
    found = find_stretches(reading, np.arange(len(label)) / 25.0)
    assert [(stretch.emotion, round(stretch.level, 2)) for stretch in found] in (
        [("neutral", 0.0), ("happy", 0.33), ("happy", 1.0)],
        [("neutral", 0.0), ("happy", 0.33), ("happy", 0.67), ("happy", 1.0)],
    )
    assert (found[0].start, found[0].stop) == (0, 20)
    assert (found[1].start, found[-1].stop) == (20, 82)


def test_smoothing_keeps_what_is_constant_and_the_sum_of_an_impulse() -> None:
    times_s = np.arange(50) / 25.0
    assert smoothed(np.full((50, 2), 0.7), times_s) == pytest.approx(0.7)
    impulse = np.zeros((50, 1))
    impulse[25] = 1.0
    spread = smoothed(impulse, times_s)
    assert spread.sum() == pytest.approx(1.0)
    assert np.count_nonzero(spread) == 11  # 0.4 s of 25 frames a second
    assert runs(np.array([1, 1, 2])) == [(0, 2), (2, 3)]


def test_a_neutral_stretch_is_read() -> None:
    assert NeutralStretch.parse("a@b.mp4@0.5-2") == NeutralStretch("a@b.mp4", 0.5, 2.0)
    assert NeutralStretch.parse("0-1.5") == NeutralStretch("", 0.0, 1.5)
    for wrong in ("a.mp4", "a.mp4@2-1", "a.mp4@x-1", "1-1"):
        with pytest.raises(InputError, match="is not a stretch"):
            NeutralStretch.parse(wrong)
