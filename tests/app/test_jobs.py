"""What would fail in the end fails before the work."""

from __future__ import annotations

from pathlib import Path

import pytest

import mien


@pytest.mark.parametrize("certificate", ["missing.pem", "broken.pem"])
def test_a_signing_identity_that_is_no_good_is_told_before_the_analysis(
    head_clip: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, certificate: str
) -> None:
    (tmp_path / "broken.pem").write_text("no certificate")
    for setting in ("MIEN_C2PA_CERT", "MIEN_C2PA_KEY"):
        monkeypatch.setenv(setting, str(tmp_path / certificate))
    steps: list[mien.Progress] = []
    with pytest.raises(mien.InputError, match="MIEN_C2PA_CERT"):
        mien.edit(head_clip, "happy").save("out.mp4", progress=steps.append)
    assert steps == []
    assert [entry.name for entry in tmp_path.iterdir()] == ["broken.pem"]
