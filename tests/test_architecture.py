"""The rules of the house that hold everywhere: who imports whom, what the core does without, names and sizes."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parent.parent
PACKAGE = REPOSITORY / "src" / "mien"
SOURCES = sorted(PACKAGE.rglob("*.py"))
MAY_NEED_TORCH = (
    *("mien.nn", "mien.training", "mien.systems", "mien.reconstruction.deep3d", "mien.reconstruction.shading"),
    *(f"mien.reconstruction.photometric{part}" for part in ("", "_cost", "_descent")),
)
RUNS_WITHOUT_TORCH = ("mien.systems.base", "mien.systems.instant")

BANNED_WORDS = {"utils", "util", "helpers", "helper", "misc", "manager", "common"}
LONGEST_FILE = 300
LONGEST_FUNCTION = 60


def module_name(path: Path) -> str:
    parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def is_below(module: str, rooms: tuple[str, ...]) -> bool:
    return any(module == room or module.startswith(room + ".") for room in rooms)


def lines(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Lines of a function, its docstring aside."""
    first = function.body[0]
    docstring = first.end_lineno - first.lineno + 1 if ast.get_docstring(function) and first.end_lineno else 0
    return (function.end_lineno or function.lineno) - function.lineno + 1 - docstring


def test_import_layers_hold(monkeypatch: pytest.MonkeyPatch) -> None:
    from importlinter import cli

    monkeypatch.chdir(REPOSITORY)
    assert cli.lint_imports(config_filename=str(REPOSITORY / "pyproject.toml"), no_cache=True) == 0


def test_the_core_imports_on_a_bare_machine() -> None:
    """No torch, no OpenCV (its wheels need libGL and X11), no web library, no tracker, no plotting at import time."""
    absent = ["torch", "cv2", "fastapi", "starlette", "uvicorn", "mediapipe", "c2pa", "jax", "matplotlib", "skimage"]
    core = [
        name
        for name in map(module_name, SOURCES)
        if name != "mien.__main__"  # it runs the command
        and (is_below(name, RUNS_WITHOUT_TORCH) or not is_below(name, (*MAY_NEED_TORCH, "mien.app.studio")))
    ]
    assert len(core) > 10
    code = (
        f"import importlib, sys\nsys.modules.update(dict.fromkeys({absent!r}))\n"
        f"for name in {core!r}:\n    importlib.import_module(name)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_faces_are_found_on_a_bare_machine() -> None:
    """MediaPipe asks for OpenCV, matplotlib and JAX; its tracker works without them."""
    absent = ["torch", "cv2", "matplotlib", "jax", "sounddevice"]
    code = (
        f"import sys\nsys.modules.update(dict.fromkeys({absent!r}))\n"
        "import skimage.data\n"
        "from mien.tracking.face_detector import FaceDetector\n"
        "print(len(FaceDetector('short').detect(skimage.data.astronaut())))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.stdout.strip() == "1", done.stderr


def test_importing_mien_is_light() -> None:
    """``import mien`` and the command's help must not wait for compilers, trackers and codecs."""
    code = "import mien, sys; print([name for name in ('av', 'mediapipe', 'numba', 'scipy') if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_tracking_starts_without_what_is_needed_later() -> None:
    """Compiler and SciPy load beside the tracker, in threads of the analysis and the system."""
    code = (
        "import sys; from mien.app import editing; editing.load_system('instant', None, {});"
        "print([name for name in ('numba', 'scipy', 'mien.morphable.builtin') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_names_and_sizes(path: Path) -> None:
    assert not BANNED_WORDS & set(path.stem.split("_")), "name the file after what it holds"
    text = path.read_text(encoding="utf-8")
    assert text.count("\n") <= LONGEST_FILE, "split the file where its subject splits"
    functions = [node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
    too_long = [f"{node.name}: {lines(node)} lines" for node in functions if lines(node) > LONGEST_FUNCTION]
    assert not too_long


@pytest.mark.parametrize("folder", sorted({path.parent for path in SOURCES}), ids=lambda path: path.name)
def test_every_room_is_a_package(folder: Path) -> None:
    """Without an ``__init__.py`` a folder is left out of the wheel."""
    assert (folder / "__init__.py").is_file()


def test_tests_mirror_the_package() -> None:
    rooms = {path.name for path in PACKAGE.iterdir() if path.is_dir() and any(path.glob("**/*.py"))}
    tested = {path.name for path in (REPOSITORY / "tests").iterdir() if any(path.glob("**/test_*.py"))}
    assert rooms <= tested
