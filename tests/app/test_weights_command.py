"""``mien weights`` as people run it, without the internet."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from mien.nn.weights.table import NETWORKS

from .conftest import assert_refused, run_mien


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("MIEN_WEIGHTS", str(tmp_path / "store"))
    return tmp_path / "store"


def test_list_names_every_network_and_its_licence(store: Path) -> None:
    done = run_mien("weights", "list")
    assert done.returncode == 0, done.stderr
    assert str(store) in done.stdout
    for network in NETWORKS:
        assert f"- {network.name}: {network.title}" in done.stdout
        assert network.licence in done.stdout


def test_add_and_list(store: Path, shared_folder: Path) -> None:
    done = run_mien("weights", "add", "face-landmarker", shared_folder / "weights")
    assert done.returncode == 0, done.stderr
    assert (store / "face-landmarker" / "face_landmarker.task").is_file()
    listed = json.loads(run_mien("weights", "list", "--json").stdout)
    row = next(row for row in listed["networks"] if row["name"] == "face-landmarker")
    assert row["folder"] == str(store / "face-landmarker")
    assert row["origin"]["face_landmarker.task"]["sha256"] == row["files"][0]["sha256"]
    assert "+ face-landmarker" in run_mien("weights", "list").stdout


def test_what_cannot_be_is_one_sentence(store: Path, tmp_path: Path) -> None:
    assert_refused(run_mien("weights", "get", "nonsense"), "nonsense", "face-api-expression")
    (tmp_path / "w600k_r50.onnx").write_bytes(b"something else")
    assert_refused(run_mien("weights", "add", "arcface", "w600k_r50.onnx"), "SHA-256", "insightface")
    assert_refused(run_mien("weights", "add", "arcface", "nowhere"), "nowhere")
    assert not list(store.glob("*"))
