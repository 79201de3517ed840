"""Files of answers: what cannot have come from the page of this study is refused in one sentence."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mien.app.study.answers import read_answers
from mien.errors import InputError

from ..conftest import assert_refused, run_here
from .conftest import ORDERED, RATED, MakeStudy, answers_file


def rated(_: object) -> dict[str, Any]:
    return {"emotion": "happy", "realism": 3}


def test_whole_and_partial_answers(make_study: MakeStudy, tmp_path: Path) -> None:
    key = make_study("ned", RATED).key
    folder = tmp_path / "answers"
    folder.mkdir()
    first = key.items[0].name
    answers_file(folder, key, "zoe", rated)
    answers_file(folder, key, "ann", lambda item: rated(item) if item.name == first else None)
    found = read_answers([folder], key)
    assert [(one.participant, len(one.answers), one.complete) for one in found] == [("ann", 1, False), ("zoe", 4, True)]
    assert found[1].answers[0].values == {"emotion": "happy", "realism": 3}


def test_a_clip_that_could_not_be_played_has_no_answer(make_study: MakeStudy, tmp_path: Path) -> None:
    key = make_study("ned", RATED[:1]).key
    path = answers_file(tmp_path, key, "ann", lambda _: {})
    with pytest.raises(InputError, match="lacks an answer"):
        read_answers([path], key)
    data = json.loads(path.read_text())
    data["answers"][0]["unplayable"] = [key.items[0].name]
    path.write_text(json.dumps(data))
    (found,) = read_answers([path], key)
    assert (found.answers[0].values, found.complete) == ({}, False)


Change = Callable[[dict[str, Any]], object]
DAMAGES: list[tuple[Change, str]] = [
    (lambda d: d.update(format="mien study key"), "not a file of answers"),
    (lambda d: d.update(version=2), "version 2"),
    (lambda d: d.update(study="0" * 12), "another study"),
    (lambda d: d.update(participant="bob"), "not the one that participant bob is shown"),
    (lambda d: d.update(participant=7), "damaged"),
    (lambda d: d.pop("answers"), "damaged"),
    (lambda d: d["order"].reverse(), "its order"),
    (lambda d: d["answers"].append(d["answers"][0]), "twice"),
    (lambda d: d["answers"][0].update(item="c00000"), "not in the study"),
    (lambda d: d["answers"][0]["values"].update(realism=6), "'realism' that cannot be"),
    (lambda d: d["answers"][0]["values"].update(realism=True), "'realism' that cannot be"),
    (lambda d: d["answers"][0]["values"].update(realism=2.5), "'realism' that cannot be"),
    (lambda d: d["answers"][0]["values"].update(emotion="calm"), "'emotion' that cannot be"),
    (lambda d: d["answers"][0]["values"].pop("emotion"), "lacks an answer"),
    (lambda d: d["answers"][0]["values"].update(sync=3), "not asked"),
    (lambda d: d["answers"][0].update(time_s=-1), "time"),
    (lambda d: d["answers"][0].update(shown=[]), "other clips"),
]


@pytest.mark.parametrize(("change", "said"), DAMAGES, ids=[said for _, said in DAMAGES])
def test_damaged_and_foreign_files(make_study: MakeStudy, tmp_path: Path, change: Change, said: str) -> None:
    study = make_study("ned", RATED)
    path = answers_file(tmp_path, study.key, "ann", rated)
    data = json.loads(path.read_text())
    change(data)
    path.write_text(json.dumps(data))
    assert_refused(run_here("study", "analyse", study.key_file, path, "-o", "out"), str(path), said)
    assert not Path("out").exists()


@pytest.mark.parametrize("order", [[], "abc", 3])
def test_orders_that_are_none(make_study: MakeStudy, tmp_path: Path, order: object) -> None:
    key = make_study("dnt", ORDERED).key
    path = answers_file(tmp_path, key, "ann", lambda _: {"order": order})
    with pytest.raises(InputError, match="'order' that cannot be"):
        read_answers([path], key)


def test_what_is_not_json(make_study: MakeStudy, tmp_path: Path) -> None:
    study = make_study("ned", RATED)
    for content in (b"", b"{", b"\xff\xfe", b"[]", b"[" * 100_000):
        (tmp_path / "a.json").write_bytes(content)
        assert_refused(run_here("study", "analyse", study.key_file, tmp_path / "a.json"), "a.json")
    (tmp_path / "empty").mkdir()
    assert_refused(run_here("study", "analyse", study.key_file, tmp_path / "empty"), "no answers")
    assert_refused(run_here("study", "analyse", tmp_path / "a.json", tmp_path / "empty"), "key")


def test_nobody_counts_twice(make_study: MakeStudy, tmp_path: Path) -> None:
    study = make_study("ned", RATED)
    path = answers_file(tmp_path, study.key, "ann", rated)
    again = tmp_path / "answers-ann (1).json"
    again.write_bytes(path.read_bytes())
    assert_refused(
        run_here("study", "analyse", study.key_file, path, again), "participant ann has answered in", "keep one"
    )
