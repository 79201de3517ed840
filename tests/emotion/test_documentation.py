import re
from pathlib import Path

import pytest

from mien.emotion.files import track_from_csv, track_from_json
from mien.emotion.keyframes import EASINGS, MAX_TIME_S
from mien.emotion.track import MAX_KEYFRAMES, EmotionTrack
from mien.emotion.valence_arousal import COORDINATES, SEAM_DEG
from mien.emotion.vocabulary import EMOTIONS

PAGE = (Path(__file__).parents[2] / "docs" / "emotion-notation.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)


@pytest.mark.parametrize("line", [line for block in blocks("notation") for line in block.splitlines()])
def test_every_line_of_text_is_read(line: str) -> None:
    track = EmotionTrack.parse(line)
    assert EmotionTrack.parse(str(track)) == track


def test_json_and_csv_say_what_the_page_says_they_do() -> None:
    stated = re.search(r"The track `([^`]*)`:\n", PAGE)
    assert stated is not None
    track = EmotionTrack.parse(stated[1])
    (json_block,), (csv_block,) = blocks("json"), blocks("csv")
    assert track_from_json(json_block) == track
    assert track_from_csv(csv_block) == track


def test_figures_and_names_are_those_of_the_code() -> None:
    rows = re.findall(r"^\| (\w+) \| (−?[\d.]+) \| (−?[\d.]+) \|", PAGE, re.MULTILINE)
    table = {name: (float(v.replace("−", "-")), float(a.replace("−", "-"))) for name, v, a in rows}
    assert table == dict(COORDINATES)
    assert f"Within {SEAM_DEG / 2:g}° of" in PAGE
    assert f"at most {MAX_KEYFRAMES:,} keyframes" in PAGE
    assert f"a time at most {MAX_TIME_S:,.0f} s" in PAGE
    assert f"**Emotions**: {', '.join(EMOTIONS)}" in PAGE
    assert all(f'"{easing}"' in PAGE for easing in EASINGS)


def test_the_example_of_channels() -> None:
    samples = EmotionTrack.parse("0 happy AU4 0, 1 neutral, 2 AU4 1").sample([0.0, 1.0, 2.0])
    assert samples.action_units.max(axis=1).tolist() == [0.0, 0.5, 1.0]
