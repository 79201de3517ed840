"""The example scripts run as they are and do what they say."""

from __future__ import annotations

import runpy
import shutil
from pathlib import Path

import numpy as np
import pytest

import mien


@pytest.fixture
def run(examples_folder, monkeypatch):
    def run_script(name: str, *arguments: object) -> None:
        monkeypatch.setattr("sys.argv", [name, *map(str, arguments)])
        runpy.run_path(str(examples_folder / name), run_name="__main__")

    return run_script


def frames(path: Path) -> np.ndarray:
    return np.stack([frame.rgb().astype(float) for frame in mien.open(path).frames()])


def test_edit_clip(run, short_clip, tmp_path, capsys):
    run("edit_clip.py", short_clip, tmp_path / "happy.mp4", "happy")
    before, after = frames(short_clip), frames(tmp_path / "happy.mp4")
    assert after.shape == before.shape
    # The mouth region changes, the picture's corner only by the encoder.
    assert np.abs(after - before)[:, 250:300, 180:270].mean() > 3.0
    assert np.abs(after - before)[:, :60, 440:].mean() < 1.5
    assert mien.read_edit(tmp_path / "happy.mien.json").tracks["largest"] == mien.EmotionTrack.parse("happy")
    assert "12 frames" in capsys.readouterr().out


def test_edit_clip_says_what_is_wrong_in_a_sentence(run, short_clip, tmp_path):
    with pytest.raises(SystemExit, match="hapy"):
        run("edit_clip.py", short_clip, tmp_path / "happy.mp4", "hapy")
    assert not list(tmp_path.iterdir())


def test_keyframes(run, short_clip, tmp_path, capsys):
    run("keyframes.py", short_clip, tmp_path / "directed.mp4")
    change = np.abs(frames(tmp_path / "directed.mp4") - frames(short_clip))[:, 150:350, 150:320].mean(axis=(1, 2, 3))
    assert 2.0 * change[0] < change[4]  # neutral at first (what the encoder does), happy after 0.3 of the clip
    assert mien.EmotionTrack.parse(capsys.readouterr().out.strip()).keyframes[-1].emotion == "sad"


def test_frames(run, short_clip, capsys):
    run("frames.py", short_clip, "neutral", "sad")
    neutral, sad = (line.split() for line in capsys.readouterr().out.splitlines())
    assert neutral[0] == "neutral:"
    assert float(neutral[-3]) == 0.0 < float(sad[-3])


def test_batch(run, short_clip, tmp_path, capsys):
    folder = tmp_path / "clips"
    folder.mkdir()
    shutil.copy(short_clip, folder / "good.mp4")
    (folder / "bad.mp4").write_text("no video")
    with pytest.raises(SystemExit) as ended:
        run("batch.py", folder, tmp_path / "edited", "sad 0.7")
    assert ended.value.code == 1
    printed = capsys.readouterr()
    assert "good.mp4: 12 frames" in printed.out
    assert "bad.mp4" in printed.err
    assert [path.name for path in sorted((tmp_path / "edited").glob("*.mp4"))] == ["good.mp4"]


def test_custom_system(run, short_clip, tmp_path):
    run("custom_system.py", short_clip, tmp_path / "blushing.mp4")
    change = (frames(tmp_path / "blushing.mp4") - frames(short_clip))[:, 200:250, 150:300].mean(axis=(1, 2))
    redder = change[:, 0] - change[:, 1]
    assert abs(redder[0]) < 1.0
    assert redder[-1] > 5.0  # happy is full from 2.0 s on
