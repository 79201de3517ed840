import pytest

from mien.emotion.action_units import (
    ACTION_UNITS,
    AU_BLENDSHAPES,
    AU_COLUMN_INDEX,
    AU_COLUMNS,
    AU_NAMES,
    columns_of,
    is_action_unit_spelling,
)
from mien.errors import EmotionError


def test_columns_are_unique_and_in_order_of_number() -> None:
    numbers = [unit.number for unit in ACTION_UNITS]
    assert numbers == sorted(set(numbers))
    assert len(set(AU_COLUMNS)) == len(AU_COLUMNS) == 47
    assert AU_COLUMNS[:2] == ("AU1L", "AU1R")
    assert AU_COLUMNS[-2:] == ("AU43L", "AU43R")
    assert [AU_COLUMN_INDEX[column] for column in AU_COLUMNS] == list(range(47))
    assert set(AU_NAMES) == set(AU_COLUMNS)
    assert AU_NAMES["AU12R"] == "lip corner puller"


@pytest.mark.parametrize(
    ("name", "columns"),
    [
        ("AU12", ("AU12L", "AU12R")),
        ("au12l", ("AU12L",)),
        ("Au12R", ("AU12R",)),
        ("AU04", ("AU4L", "AU4R")),
        ("AU17", ("AU17",)),
        ("au30l", ("AU30L",)),
    ],
)
def test_names_are_read(name: str, columns: tuple[str, ...]) -> None:
    assert columns_of(name) == columns


@pytest.mark.parametrize(
    ("name", "advice"),
    [
        ("AU17L", "write AU17"),
        ("AU30", "AU30L or AU30R"),
        ("AU45", "AU43"),
        ("AU3", "there are AU1, AU2, AU4"),
        ("12", "such as AU12"),
        ("AU", "such as AU12"),
        ("AU1²", "such as AU12"),
    ],
)
def test_wrong_names_are_refused_with_advice(name: str, advice: str) -> None:
    with pytest.raises(EmotionError, match=advice) as caught:
        columns_of(name)
    assert repr(name) in str(caught.value)


def test_every_column_reads_back_as_itself() -> None:
    assert all(columns_of(column) == (column,) for column in AU_COLUMNS)
    assert all(columns_of(f"AU{unit.number}") == unit.columns for unit in ACTION_UNITS if unit.form == "pair")


def test_spelling_alone_tells_an_action_unit_from_a_word() -> None:
    assert is_action_unit_spelling("AU99")
    assert not is_action_unit_spelling("aura")


# The 51 scores of MediaPipe's face landmarker beside "_neutral", as its model names them.
MIDLINE_SCORES = [
    "browInnerUp",
    "cheekPuff",
    "jawForward",
    "jawLeft",
    "jawOpen",
    "jawRight",
    "mouthClose",
    "mouthFunnel",
    "mouthLeft",
    "mouthPucker",
    "mouthRight",
    "mouthRollLower",
    "mouthRollUpper",
    "mouthShrugLower",
    "mouthShrugUpper",
]
PAIRED_SCORES = [
    "browDown",
    "browOuterUp",
    "cheekSquint",
    "eyeBlink",
    "eyeLookDown",
    "eyeLookIn",
    "eyeLookOut",
    "eyeLookUp",
    "eyeSquint",
    "eyeWide",
    "mouthDimple",
    "mouthFrown",
    "mouthLowerDown",
    "mouthPress",
    "mouthSmile",
    "mouthStretch",
    "mouthUpperUp",
    "noseSneer",
]
MEDIAPIPE_SCORES = {*MIDLINE_SCORES, *(name + side for name in PAIRED_SCORES for side in ("Left", "Right"))}


def test_blendshapes_exist_and_keep_their_side() -> None:
    assert len(MEDIAPIPE_SCORES) == 51
    assert set(AU_BLENDSHAPES) == set(AU_COLUMNS)
    assert {name for names in AU_BLENDSHAPES.values() for name in names} <= MEDIAPIPE_SCORES
    assert AU_BLENDSHAPES["AU12L"] == ("mouthSmileLeft",)
    for column, names in AU_BLENDSHAPES.items():
        if len(names) == 1 and column[-1] in "LR" and names[0] != "browInnerUp":
            assert names[0].endswith({"L": "Left", "R": "Right"}[column[-1]])
