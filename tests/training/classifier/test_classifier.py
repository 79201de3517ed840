"""The classifier at a tiny preset: it learns, is saved and read back, goes on when stopped, and tells its figures."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from mien.data.prepared import PreparedFootage
from mien.errors import InputError, ModelError, OutputError

torch = pytest.importorskip("torch")

from mien.morphable import builtin  # noqa: E402
from mien.training.classifier.classifier import TypeLevelClassifier  # noqa: E402
from mien.training.classifier.config import PRESETS, ClassifierConfig  # noqa: E402
from mien.training.classifier.experiment import (  # noqa: E402
    Experiment,
    InputResult,
    table,
    train_and_explore,
    where_are_expressions,
)
from mien.training.classifier.inputs import INPUTS, InputPictures  # noqa: E402
from mien.training.classifier.split import fold_split, late_split  # noqa: E402
from mien.training.classifier.task import ClassifierTask, disturbed  # noqa: E402
from mien.training.classifier.train import HeldOut, labels_of, train_classifier  # noqa: E402

CPU = torch.device("cpu")
SMALL = replace(PRESETS["tiny"], size_px=48, steps=60, batch_size=10)
FEW = replace(SMALL, steps=2)


def test_labels_and_late_split(drawn: PreparedFootage) -> None:
    labels = labels_of(drawn)
    assert labels.types == ("neutral", "happy", "sad")
    assert labels.levels == (0.5, 1.0)
    split = late_split(drawn)
    # Eight pictures a clip: the last two of each begin at 0.75 and 0.875 of it, and only the last lies beyond 0.8.
    np.testing.assert_array_equal(split.test, np.arange(7, 40, 8))
    assert len(split.train) == 35


def test_folds_are_clips_where_there_are_enough_and_stretches_where_not(
    drawn: PreparedFootage, drawn_twice: PreparedFootage
) -> None:
    for prepared, words in ((drawn, "stretches"), (drawn_twice, "clips")):
        splits = [fold_split(prepared, 2, fold) for fold in range(2)]
        assert all(split.how.startswith(words) for split in splits)
        tested = np.concatenate([split.test for split in splits])
        assert sorted(tested) == list(range(len(prepared)))
        for split in splits:
            assert not set(split.train) & set(split.test)
    split = fold_split(drawn_twice, 2, 0)
    assert not set(drawn_twice.clip[split.train]) & set(drawn_twice.clip[split.test])
    for folds, fold in ((1, 0), (2, 2)):
        with pytest.raises(InputError, match="2 or more folds"):
            fold_split(drawn, folds, fold)


def test_a_step_reaches_every_weight_and_steps_lower_the_loss(drawn: PreparedFootage) -> None:
    pictures = InputPictures(drawn, builtin.load(), "frames", 48)
    rows = np.arange(40)
    classes = np.repeat([0, 1, 1, 2, 2], 8)
    task = ClassifierTask(SMALL, pictures, rows, classes, 3, 0, CPU)
    losses = [float(task.step(k, np.random.default_rng(k))["loss"]) for k in range(30)]
    task.close()
    assert all(p.grad is not None and p.grad.abs().sum() > 0 for p in task.network.parameters())
    assert np.mean(losses[-5:]) < 0.6 * np.mean(losses[:5])


def test_pictures_are_moved_and_dimmed_within_bounds() -> None:
    picture = np.random.default_rng(0).integers(0, 255, (6, 40, 40, 3)).astype(np.uint8)
    same = disturbed(picture, 0.0, np.random.default_rng(1))
    np.testing.assert_allclose(same, picture / 255, atol=1e-6)
    moved = disturbed(picture, 0.05, np.random.default_rng(1))
    assert moved.shape == picture.shape
    assert 0.0 <= moved.min() <= moved.max() <= 1.0
    assert np.abs(moved - same).mean() > 0.05


def test_trained_saved_and_read_back(drawn: PreparedFootage, tmp_path: Path) -> None:
    told: list[tuple[str, float]] = []
    trained = train_classifier(
        drawn, tmp_path / "c", SMALL, device=CPU, progress=lambda stage, share: told.append((stage, share))
    )
    assert told[-1] == ("level", 1.0)
    assert {stage for stage, _ in told} == {"type", "level"}
    held_out = trained.card["held_out"]
    assert held_out["type"]["accuracy"] == 1.0  # the drawn colours tell the types apart
    assert held_out["type"]["cross_entropy"] < 0.3
    assert held_out["level"]["cross_entropy"] < np.log(2)
    assert trained.card["consent"] == "none needed"
    assert sorted(path.name for path in (tmp_path / "c").iterdir()) == [
        "card.json",
        "level-log.jsonl",
        "type-log.jsonl",
        "weights.safetensors",
    ]
    assert [path.name for path in tmp_path.iterdir()] == ["c"]
    read = TypeLevelClassifier.load(tmp_path / "c")
    faces = drawn.face.read(range(5))
    for first, second in ((trained, read),):
        a, b = first.probabilities(faces), second.probabilities(faces)
        np.testing.assert_array_equal(a.type, b.type)
        np.testing.assert_array_equal(a.level, b.level)
    assert a.type.shape == (5, 3)
    assert a.level.shape == (5, 2)
    np.testing.assert_allclose(a.type.sum(axis=1), 1.0, atol=1e-6)
    single = np.concatenate([read.probabilities(faces[k : k + 1]).type for k in range(5)])
    np.testing.assert_allclose(single, a.type, atol=1e-5)
    assert read.probabilities(faces[:0]).type.shape == (0, 3)
    with pytest.raises(InputError, match="uint8"):
        read.probabilities(faces.astype(float))


def test_stopped_it_goes_on_and_refuses_what_is_there(drawn: PreparedFootage, tmp_path: Path) -> None:
    class StoppedError(Exception):
        pass

    def stop(stage: str, share: float) -> None:
        if stage == "level" and share >= 0.5:
            raise StoppedError

    short = replace(SMALL, steps=6)
    with pytest.raises(StoppedError):
        train_classifier(drawn, tmp_path / "c", short, device=CPU, progress=stop)
    assert not (tmp_path / "c").exists()
    stages: list[str] = []
    train_classifier(drawn, tmp_path / "c", short, device=CPU, progress=lambda stage, _: stages.append(stage))
    assert set(stages) == {"level"}  # the network of types was done
    whole = train_classifier(drawn, tmp_path / "whole", short, device=CPU)
    assert (tmp_path / "c" / "weights.safetensors").read_bytes() == (
        tmp_path / "whole" / "weights.safetensors"
    ).read_bytes()
    assert whole.card["held_out"] == json.loads((tmp_path / "c" / "card.json").read_text())["held_out"]
    with pytest.raises(OutputError, match="--overwrite"):
        train_classifier(drawn, tmp_path / "c", short, device=CPU)
    (tmp_path / "c" / "card.json").write_text("{}")
    with pytest.raises(ModelError, match="is no mien expression classifier"):
        TypeLevelClassifier.load(tmp_path / "c")


def test_training_needs_no_video_library(drawn: PreparedFootage, tmp_path: Path) -> None:
    code = (
        "import sys\nsys.modules.update(dict.fromkeys(['av', 'mediapipe', 'cv2', 'c2pa', 'cyclopts']))\n"
        "from pathlib import Path\nimport torch\nfrom mien.data.prepared import open_prepared\n"
        "from mien.training.classifier.config import ClassifierConfig\n"
        "from mien.training.classifier.train import train_classifier\n"
        f"prepared = open_prepared(Path({str(drawn.folder)!r}))\n"
        "config = ClassifierConfig('resnet-tiny', 32, steps=1, batch_size=4)\n"
        f"made = train_classifier(prepared, Path({str(tmp_path / 'c')!r}), config, device=torch.device('cpu'))\n"
        "print(made.types)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.stdout == "('neutral', 'happy', 'sad')\n", done.stderr


def test_where_are_expressions(drawn: PreparedFootage, tmp_path: Path) -> None:
    """The whole experiment, two steps a network: every input and fold is trained and measured; then it is a look-up."""
    stages: list[str] = []
    found = where_are_expressions(
        drawn, tmp_path / "runs", FEW, folds=2, device=CPU, progress=lambda stage, _: stages.append(stage)
    )
    assert list(dict.fromkeys(stages)) == list(INPUTS)
    assert len(list((tmp_path / "runs").iterdir())) == 5 * 2 * 2
    assert all(result.type.frames == 40 for result in found.results.values())
    assert all(result.level.frames == 32 for result in found.results.values())  # neutral has no level
    stages.clear()
    again = where_are_expressions(
        drawn, tmp_path / "runs", FEW, folds=2, device=CPU, progress=lambda stage, _: stages.append(stage)
    )
    assert not stages
    assert again.results == found.results


def test_the_table_has_the_papers_form_and_figures() -> None:
    values = {
        "frames": 0.2,
        "rendered_texture": 0.3,
        "textures": 0.1,
        "rendered_shape": 0.9,
        "rendered_vertex_colours": 0.5,
    }
    results = {
        kind: InputResult(HeldOut(value, 0.9, 10), HeldOut(2 * value, 0.9, 10)) for kind, value in values.items()
    }
    text = table(Experiment(results, "resnet-tiny", 3, "stretches", "Ann, 10 frames of 2 clips"))
    rows = {line[16:32].strip(): line for line in text.splitlines()[2:7]}
    assert rows["Frames"].split()[-6:] == ["0.2000", "(2)", "0.4000", "(2)", "0.0338", "0.0019"]
    assert rows["Textures"].split()[-6:] == ["0.1000", "(1)", "0.2000", "(1)", "0.0383", "0.0012"]
    assert rows["Rd w/o color"].split()[-6:] == ["0.9000", "(5)", "1.8000", "(5)", "0.2048", "0.0326"]
    assert "resnet-tiny" in text
    assert "3 folds, held out: stretches" in text


def test_the_experiment_goes_into_the_card(drawn: PreparedFootage, tmp_path: Path) -> None:
    trained, text = train_and_explore(drawn, tmp_path / "c", FEW, folds=2, device=CPU)
    kept = trained.card["where_are_expressions"]
    assert kept["table"] == text
    assert set(kept["results"]) == set(INPUTS)
    assert [path.name for path in tmp_path.iterdir()] == ["c"]


def test_footage_of_one_type_is_refused(drawn: PreparedFootage, tmp_path: Path) -> None:
    frames = replace(drawn.frames, emotion=np.zeros_like(drawn.frames.emotion))
    with pytest.raises(InputError, match="shows neutral only"):
        train_classifier(replace(drawn, frames=frames), tmp_path / "c", FEW, device=CPU)


@pytest.mark.parametrize(
    "fields", [{"size_px": 16}, {"steps": 0}, {"batch_size": 1}, {"learning_rate": 0.0}, {"shift": 1}]
)
def test_settings_out_of_range(fields: dict[str, float]) -> None:
    with pytest.raises(InputError):
        ClassifierConfig(**fields)  # type: ignore[arg-type]


def test_a_clip_is_judged_frame_by_frame(drawn: PreparedFootage, tmp_path: Path) -> None:
    """Heads cut from a clip are judged as the same heads given as pictures."""
    import av
    from skimage.data import astronaut

    from mien.reconstruction.analysis import analyse
    from mien.reconstruction.views import cut_heads
    from mien.training.classifier.clip import clip_probabilities
    from mien.video.clip import Clip

    with av.open(str(tmp_path / "head.mkv"), "w") as container:
        stream = container.add_stream("ffv1", rate=25)
        stream.height, stream.width, stream.pix_fmt = 256, 256, "bgr0"
        for x in (96, 98, 100):
            picture = np.ascontiguousarray(astronaut()[14:270, x : x + 256])
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        container.mux(stream.encode(None))
    classifier = train_classifier(drawn, tmp_path / "c", FEW, device=CPU)
    analysis = analyse(Clip.open(tmp_path / "head.mkv"), cache=False)
    frames, found = clip_probabilities(classifier, analysis, analysis.faces[0])
    np.testing.assert_array_equal(frames, [0, 1, 2])
    heads = dict(cut_heads(builtin.load(), analysis.faces[0].parameters, analysis.clip.frames(), classifier.size_px))
    expected = classifier.probabilities(np.stack([heads[k] for k in range(3)]))
    np.testing.assert_allclose(found.type, expected.type, atol=1e-6)
    np.testing.assert_allclose(found.level, expected.level, atol=1e-6)
    classifier.card["input"] = "textures"
    with pytest.raises(InputError, match="one of textures"):
        clip_probabilities(classifier, analysis, analysis.faces[0])
