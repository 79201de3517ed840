"""DNT's cross entropies through the command: a network of known answers, judged against −ln p by hand."""

from __future__ import annotations

import csv
import json
import shutil
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import mien
from mien.app.evaluation.outputs import read_evaluation
from mien.app.evaluation.suite_file import read_suite
from mien.errors import InputError
from mien.metrics.evaluation.evaluation import Figure
from mien.morphable import builtin
from mien.morphable.signature import signature

from ..conftest import ClipRecipe, assert_refused, head, run_here, run_mien, write_clip

torch = pytest.importorskip("torch")

from mien.app.evaluation.actor_classifier import open_classifier  # noqa: E402
from mien.nn.model_folder import write_model_folder  # noqa: E402
from mien.nn.residual_network import ResidualNetwork  # noqa: E402
from mien.training.classifier.classifier import FORM, SCHEMA  # noqa: E402
from mien.training.classifier.config import PRESETS  # noqa: E402

TYPES = {"neutral": 0.2, "happy": 0.5, "sad": 0.3}
LEVELS = {0.5: 0.25, 1.0: 0.75}


def sure_of(network: str, answers: dict[Any, float]) -> ResidualNetwork:
    """A network that gives the same probabilities whatever it sees."""
    made = ResidualNetwork(network, len(answers))
    with torch.no_grad():
        made.fc.weight.zero_()
        made.fc.bias.copy_(torch.log(torch.tensor(list(answers.values()))))
    return made


def make_classifier(
    folder: Path, preset: str = "tiny", types: dict[str, float] = TYPES, **more: Any
) -> Path:  # fmt: skip
    """A folder as `mien train classifier` makes it."""
    config = asdict(PRESETS[preset])
    nets = {"type": sure_of(config["network"], types), "level": sure_of(config["network"], LEVELS)}
    card = {
        "types": list(types), "levels": list(LEVELS), "input": "frames", "config": config, "actor": "ann",
        "model": signature(builtin.load()),
    }  # fmt: skip
    write_model_folder(folder, FORM, SCHEMA, {**card, **more}, nets)
    return folder


@pytest.fixture(scope="module")
def edited(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A clip's two edits: ``happy.mp4``, and ``turning.mp4``, neutral for five frames and sad in the last five."""
    folder = tmp_path_factory.mktemp("edited")
    source = write_clip(folder / "source.mp4", head, ClipRecipe(frames=14))
    mien.edit(source, "happy 1").save(folder / "happy.mp4")
    # At 25 a second: frames 0-4 neutral, 5-8 on the way through 0.1, 0.2, 0.3, 0.4, and 0.5 from frame 9 (0.36 s) on.
    mien.edit(source, "0 neutral, 0.16 sad 0, 0.36 sad 0.5").save(folder / "turning.mp4")
    return folder / "happy.mp4"


@pytest.fixture(scope="module")
def judge(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A classifier of known answers."""
    return make_classifier(tmp_path_factory.mktemp("judge") / "ann")


def figures(folder: Path) -> dict[str, Figure]:
    return {figure.key: figure for figure in read_evaluation(folder / "evaluation.json").figures}


def test_a_clip_judged_by_its_actors_classifier(edited: Path, judge: Path, tmp_path: Path) -> None:
    done = run_mien("evaluate", edited, "--classifier", judge, "-o", tmp_path / "out")
    assert done.returncode == 0, done.stderr
    found = figures(tmp_path / "out")
    # Probabilities pass through float32: 1e-6 of them.
    assert found["CE type[resnet-tiny]"].value == pytest.approx(-np.log(0.5), abs=1e-5)
    assert found["CE level[resnet-tiny]"].value == pytest.approx(-np.log(0.75), abs=1e-5)
    assert "100% of 14 frames" in found["CE type[resnet-tiny]"].sentence
    assert found["CE level[resnet-tiny]"].origin == "DNT 5.3"
    assert "CE type" not in found  # nothing under the paper's name
    evaluation = read_evaluation(tmp_path / "out" / "evaluation.json")
    assert "ann" in evaluation.conditions["classifier"]
    assert "cross entropy, by resnet-tiny" in (tmp_path / "out" / "index.html").read_text(encoding="utf-8")


def test_frames_count_where_something_clear_is_asked(edited: Path, judge: Path, tmp_path: Path) -> None:
    turning = edited.with_name("turning.mp4")
    assert run_here("evaluate", turning, "--classifier", judge, "-o", tmp_path / "o", "--quiet").returncode == 0
    found = figures(tmp_path / "o")
    # Neutral in frames 0-4; sad at 0.3 and 0.4 in frames 7 and 8, and at 0.5 in 9-13; the nearest level is 0.5.
    expected = -(5 * np.log(0.2) + 7 * np.log(0.3)) / 12
    assert found["CE type[resnet-tiny]"].value == pytest.approx(expected, abs=1e-5)
    assert found["CE type[resnet-tiny]"].worst_frame in range(5)  # neutral is what it believes least
    assert found["CE level[resnet-tiny]"].value == pytest.approx(-np.log(0.25), abs=1e-5)
    assert "of 7 frames" in found["CE level[resnet-tiny]"].sentence


def test_without_a_classifier_it_says_what_is_needed(edited: Path, tmp_path: Path) -> None:
    assert run_here("evaluate", edited, "-o", tmp_path / "o", "--quiet").returncode == 0
    for key in ("CE type", "CE level"):
        assert figures(tmp_path / "o")[key].value is None
        assert "mien train classifier" in figures(tmp_path / "o")[key].sentence


def test_an_emotion_that_it_was_never_taught(edited: Path, tmp_path: Path) -> None:
    judge = make_classifier(tmp_path / "ann", types={"neutral": 0.5, "angry": 0.5})
    done = run_here("evaluate", edited, "--classifier", judge, "-o", tmp_path / "o")
    assert done.returncode == 0
    assert "was never taught happy" in done.stdout
    assert figures(tmp_path / "o")["CE type[resnet-tiny]"].value is None


def test_only_preset_paper_has_the_papers_names(tmp_path: Path) -> None:
    assert open_classifier(make_classifier(tmp_path / "paper", "paper")).network == ""
    config = asdict(replace(PRESETS["paper"], steps=10))
    other = open_classifier(make_classifier(tmp_path / "other", "paper", config=config))
    assert other.network == "resnet-50, not as published"


def test_what_cannot_judge_is_one_sentence(edited: Path, judge: Path, tmp_path: Path) -> None:
    def refused(folder: Path, *words: str) -> None:
        assert_refused(run_here("evaluate", edited, "--classifier", folder, "-o", tmp_path / "o"), *words)

    refused(tmp_path / "none", "there is no classifier", "mien train classifier")
    (tmp_path / "empty").mkdir()
    refused(tmp_path / "empty", "no mien expression classifier")
    damaged = shutil.copytree(judge, tmp_path / "damaged")
    content = bytearray((damaged / "weights.safetensors").read_bytes())
    content[-1] ^= 1
    (damaged / "weights.safetensors").write_bytes(content)
    refused(damaged, "weights.safetensors", "damaged")
    refused(make_classifier(tmp_path / "textures", input="textures"), "classifier of textures")
    strange = signature(builtin.load())
    strange["name"], strange["parts"]["mean"]["norm"] = "FLAME", 1.0
    refused(make_classifier(tmp_path / "flame", model=strange), "was trained", "FLAME")
    suite = tmp_path / "s.toml"
    suite.write_text("")
    assert_refused(run_here("evaluate", suite, "--classifier", judge), "classifier = ")
    assert not (tmp_path / "o").exists()


def test_a_folder_of_one_person(edited: Path, judge: Path, tmp_path: Path) -> None:
    def told(*words: Any) -> dict[str, bool]:
        done = run_here("evaluate", edited.parent, "-o", tmp_path / "all", "--json", *words)
        clips = json.loads(done.stdout.splitlines()[-1])["clips"]
        return {Path(clip["result"]).name: clip["kept"] for clip in clips}

    assert told("--classifier", judge) == {"happy.mp4": False, "turning.mp4": False}
    assert figures(tmp_path / "all" / "happy")["CE type[resnet-tiny]"].value is not None
    assert told("--classifier", judge) == {"happy.mp4": True, "turning.mp4": True}
    other = make_classifier(tmp_path / "other", types={**TYPES, "happy": 0.1, "sad": 0.7})
    assert told("--classifier", other) == {"happy.mp4": False, "turning.mp4": False}  # another one judges anew
    assert figures(tmp_path / "all" / "happy")["CE type[resnet-tiny]"].value == pytest.approx(-np.log(0.1), abs=1e-5)


SUITE = 'sources = ["source.mp4"]\nemotions = ["happy"]\nlie_intensities = 0\n'


def suite_of(folder: Path, edited: Path, text: str) -> Path:
    shutil.copy(edited.with_name("source.mp4"), folder / "source.mp4")
    (folder / "s.toml").write_text(SUITE + text)
    return folder / "s.toml"


def test_a_suite_puts_them_beside_dnts_table(edited: Path, tmp_path: Path) -> None:
    make_classifier(tmp_path / "ann")
    suite = suite_of(tmp_path, edited, 'classifier = "ann"\n')
    done = run_here("evaluate", suite, "--quiet")
    assert done.returncode == 0, done.stderr
    place = tmp_path / "s.evaluation"
    summary = json.loads((place / "suite.json").read_text())
    table = next(t for t in summary["tables"] if t["paper"] == "DNT")
    columns = [column["key"] for column in table["columns"]]
    assert columns[2:4] == ["CE level", "CE type"]
    assert columns[-2:] == ["CE level[resnet-tiny]", "CE type[resnet-tiny]"]
    theirs = next(row for row in table["rows"] if row["label"] == "DNT")["values"]
    ours = next(row for row in table["rows"] if row["ours"])["values"]
    assert (theirs["CE level"], theirs["CE type"]) == (0.029, 0.18)
    assert ours["CE type"] is None
    assert ours["CE type[resnet-tiny]"] == pytest.approx(-np.log(0.5), abs=1e-5)
    assert any("preset `paper`" in sentence for sentence in table["differs"])
    assert "CE of type [resnet-tiny]" in (place / "index.html").read_text(encoding="utf-8")
    with (place / "suite.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    of_all = {row["key"]: row for row in rows if not row["result"]}
    assert {"FID", "FED", "FID[ArcFace]", "LIE[LPIPS-Alex]", "LIE[mini-xception]"} <= set(of_all)
    assert of_all["LIE[mini-xception]"]["verdict"] == "unavailable"
    assert "lie_intensities" in of_all["LIE[mini-xception]"]["sentence"]
    assert float(next(row["value"] for row in rows if row["key"] == "CE type[resnet-tiny]")) == pytest.approx(0.693147)


def test_a_suite_names_a_classifier_for_each_source(edited: Path, tmp_path: Path) -> None:
    make_classifier(tmp_path / "ann")
    suite = read_suite(suite_of(tmp_path, edited, '[classifier]\nsource = "ann"\n'))
    assert [render.classifier and render.classifier.actor for render in suite.renders()] == ["ann"]
    for text, words in (
        ('[classifier]\nsorce = "ann"\n', "'sorce', which is not in sources"),
        ('classifier = "bob"\n', "there is no classifier .*bob"),
        ("classifier = 3\n", "classifier must be a folder"),
    ):
        with pytest.raises(InputError if "bob" not in text else mien.errors.ModelError, match=words):
            read_suite(suite_of(tmp_path, edited, text))
