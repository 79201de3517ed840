"""Tables of studies whose answers are known: figures worked out by hand, and intervals of SciPy."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from mien.app.study.analysis import analyse_study
from mien.app.study.answers import read_answers
from mien.app.study.key import KeyItem, StudyKey
from mien.app.study.results import StudyResults, Table
from mien.metrics.confidence import Interval

from ..conftest import assert_refused, run_here
from .conftest import ORDERED, RATED, MakeStudy, answers_file


def read_csv(path: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(path.read_text(encoding="utf-8").splitlines()))


def table(results: StudyResults, key: str) -> Table:
    return next(table for table in results.tables if table.key == key)


def cell(results: StudyResults, key: str, row: str, column: str) -> Interval:
    found = table(results, key)
    value = found.rows[row][found.columns.index(column)]
    assert value is not None
    return value


def number_of(key: StudyKey, item: KeyItem) -> int:
    """Which of the clips of the list a page shows."""
    return int(Path(key.clip(item.clips[0]).file).stem[-1])


def test_ccfe(make_study: MakeStudy, tmp_path: Path) -> None:
    """Clips 0 and 1 are instant's, 2 and 3 the rival's."""
    key = make_study("ccfe", RATED).key
    overall = {"ann": (5, 4, 2, 1), "bob": (4, 4, 3, 1), "cem": (3, 5, 2, 2)}

    def give(code: str, item: KeyItem) -> dict[str, int]:
        others = dict.fromkeys(("accuracy", "identity", "sync", "continuity"), 3)
        return {**others, "overall": overall[code][number_of(key, item)]}

    files = [answers_file(tmp_path, key, code, lambda item, c=code: give(c, item)) for code in overall]
    results = analyse_study(key, read_answers(files, key))
    assert results.participants == 3
    assert list(table(results, "ratings").rows) == ["instant", "rival"]
    ours = cell(results, "ratings", "instant", "overall")
    expected = stats.ttest_1samp([4.5, 4.0, 4.0], 0).confidence_interval()
    assert ours.value == pytest.approx(25 / 6)
    assert (ours.low, ours.high) == pytest.approx((expected.low, expected.high))
    assert cell(results, "ratings", "rival", "identity") == Interval(3.0, 3.0, 3.0, 3)
    assert cell(results, "ratings_by_emotion", "rival, sad", "overall").value == pytest.approx(4 / 3)
    apart = cell(results, "differences", "instant − rival", "overall")
    paired = stats.ttest_rel([4.5, 4.0, 4.0], [1.5, 2.0, 2.0]).confidence_interval()
    assert (apart.value, apart.low, apart.high) == pytest.approx((7 / 3, paired.low, paired.high))
    assert table(results, "agreement").rows["alpha"][0] is None  # all threes: nothing to agree on


def test_ned(make_study: MakeStudy, tmp_path: Path) -> None:
    key = make_study("ned", RATED).key
    words = {"ann": ("happy", "sad", "happy", "fear"), "bob": ("happy", "fear", "sad", "fear")}
    realism = {"ann": (4, 5, 2, 1), "bob": (4, 3, 1, 1)}
    files = [
        answers_file(
            tmp_path, key, code,
            lambda item, c=code: {
                "emotion": words[c][number_of(key, item)], "realism": realism[c][number_of(key, item)]
            },
        )
        for code in words
    ]  # fmt: skip
    results = analyse_study(key, read_answers(files, key))
    shares = {
        ("realism", "happy", "instant"): 100, ("realism", "sad", "instant"): 50, ("realism", "avg.", "instant"): 75,
        ("realism", "avg.", "rival"): 0, ("accuracy", "happy", "instant"): 100, ("accuracy", "sad", "instant"): 50,
        ("accuracy", "happy", "rival"): 50, ("accuracy", "sad", "rival"): 0, ("accuracy", "all answers", "rival"): 25,
    }  # fmt: skip
    for where, share in shares.items():
        assert cell(results, *where).value == pytest.approx(share), where
    assert [c and c.value for c in table(results, "realism_counts").rows["instant, clip5"]] == [0, 0, 1, 2, 1, 75]
    confusion = table(results, "confusion[rival]")
    assert confusion.columns == ("happy", "fear", "sad", "surprised", "angry", "disgusted")
    assert [c and c.value for c in confusion.rows["sad"]] == [0, 100, 0, 0, 0, 0]
    all_fear = cell(results, "confusion[rival]", "sad", "fear")
    wilson = stats.binomtest(2, 2).proportion_ci(method="wilson")
    assert (all_fear.low, all_fear.high) == pytest.approx((100 * wilson.low, 100 * wilson.high))
    # Alpha of the words by the definition: pairs within clips 1/2 unlike, any two values 42/56 unlike.
    assert cell(results, "agreement", "alpha", "emotion").value == pytest.approx(1 - (4 / 8) / (42 / 56))


def test_dnt(make_study: MakeStudy, tmp_path: Path) -> None:
    """The happy clips ask for 0.2, 0.5, 0.9; ann gives the true order, bob swaps the two strongest."""
    key = make_study("dnt", ORDERED).key

    def give(code: str, item: KeyItem) -> dict[str, list[str]]:
        order = sorted(item.clips, key=lambda name: key.clip(name).intensity)
        if code == "bob" and len(order) == 3:
            order[1], order[2] = order[2], order[1]
        return {"order": order}

    files = [answers_file(tmp_path, key, code, lambda item, c=code: give(c, item)) for code in ("ann", "bob")]
    results = analyse_study(key, read_answers(files, key))
    x = np.array([0.2, 0.5, 0.9])
    mean_order = np.array([[1, 0, 0], [0, 0.5, 0.5], [0, 0.5, 0.5]])
    for intensity, score in zip(x, mean_order @ x, strict=True):
        assert cell(results, "scores", f"instant, ann, happy, {intensity:g}", "s").value == pytest.approx(score)
    assert cell(results, "scores", "instant, ann, sad, 0.6", "s").value == pytest.approx(0.6)
    assert cell(results, "systems", "instant", "|s − x|").value == pytest.approx((0.2 + 0.2) / 5)
    assert cell(results, "systems", "instant", "in order, %").value == pytest.approx(75)
    # Tau of a neighbouring swap among three is 1/3: ann (1 + 1)/2, bob (1/3 + 1)/2.
    assert cell(results, "systems", "instant", "tau").value == pytest.approx((1 + 2 / 3) / 2)
    # W: rank sums 2, 5, 5 give 12·6/(4·24) = 0.75; the sad pair agrees.
    assert cell(results, "systems", "instant", "W").value == pytest.approx((0.75 + 1) / 2)


def test_what_is_written_is_what_is_printed(make_study: MakeStudy, tmp_path: Path) -> None:
    study = make_study("ned", RATED)
    folder = tmp_path / "answers"
    folder.mkdir()
    first = study.key.items[0].name
    answers_file(folder, study.key, "ann", lambda _: {"emotion": "sad", "realism": 4})
    answers_file(
        folder, study.key, "bob", lambda item: {"emotion": "sad", "realism": 4} if item.name == first else None
    )
    done = run_here("study", "analyse", study.key_file, folder, "-o", "out")
    assert done.returncode == 0, done.stderr
    assert "2 participants, 4 pages" in done.stdout
    assert "only a part, which counts: bob (1)" in done.stdout
    data = json.loads(Path("out/study.json").read_text())
    printed = run_here("study", "analyse", study.key_file, folder, "--json")
    assert {"event": "result", **data} == json.loads(printed.stdout)
    assert data["partial"] == {"bob": 1}
    rows = read_csv(Path("out/study.csv"))
    accuracy = {(r["row"], r["column"]): float(r["value"]) for r in rows if r["table"] == "accuracy"}
    assert accuracy["sad", "rival"] == 100
    assert accuracy["happy", "instant"] == 0
    assert len(read_csv(Path("out/answers.csv"))) == 2 * (4 + 1)
    assert_refused(run_here("study", "analyse", study.key_file, folder, "-o", "out"), "--overwrite")
    assert run_here("study", "analyse", study.key_file, folder, "-o", "out", "--overwrite").returncode == 0


def test_one_participant_gives_no_interval(make_study: MakeStudy, tmp_path: Path) -> None:
    study = make_study("ccfe", RATED)
    values = dict.fromkeys(("accuracy", "identity", "sync", "continuity", "overall"), 4)
    file = answers_file(tmp_path, study.key, "ann", lambda _: values)
    done = run_here("study", "analyse", study.key_file, file)
    assert done.returncode == 0, done.stderr
    line = next(line for line in done.stdout.splitlines() if line.startswith("instant "))
    assert line.split() == ["instant", *["4.00"] * 5]
