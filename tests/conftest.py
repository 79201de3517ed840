"""What every test may ask for, and a machine kept clean: caches and settings go to a folder that pytest throws away."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import hypothesis
import pytest

from .browser import Browser, find_browser

# No test asserts how long something takes, and hypothesis' deadline would: on a busy machine it fails sound code.
hypothesis.settings.register_profile("mien", deadline=None)
hypothesis.settings.load_profile("mien")

# Before numpy or numba is imported: the tests share few cores, and one thread gives the same sums on every machine.
for _variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(_variable, "1")
os.environ.setdefault("NUMBA_NUM_THREADS", "2")

REPOSITORY = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def shared_folder() -> Path:
    """The folder of development material that is never committed: clips, models, weights."""
    folder = Path(os.environ.get("MIEN_SHARED") or REPOSITORY.parent / "shared")
    if not folder.is_dir():
        pytest.skip(f"no shared folder at {folder}: set MIEN_SHARED to run this test")
    return folder


@pytest.fixture(scope="session", autouse=True)
def _private_folders(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Keeps the user's own cache, settings and signing identity out of the tests, in subprocesses too."""
    home = tmp_path_factory.mktemp("mien-home")
    os.environ["MIEN_CACHE"] = str(home / "cache")
    os.environ["MIEN_CONFIG"] = str(home / "config")
    # A developer's store of published weights, for the tests that compare with them; they skip without.
    os.environ["MIEN_WEIGHTS"] = os.environ.get("MIEN_TEST_WEIGHTS") or str(home / "weights")
    for variable in ("MIEN_C2PA_CERT", "MIEN_C2PA_KEY"):
        os.environ.pop(variable, None)


@pytest.fixture(scope="session")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """A real chromium without a window; ``browser.page()`` is a tab in a storage of its own."""
    program = find_browser()
    if program is None:
        pytest.skip("no chromium on this machine: install one, or name it in MIEN_BROWSER, to run this test")
    with Browser(program, tmp_path_factory.mktemp("browser")) as running:
        yield running
