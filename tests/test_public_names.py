"""The public names: all there, imported only when used, and nothing else promised."""

from __future__ import annotations

import inspect
import subprocess
import sys

import pytest

import mien

EXPECTED = {
    "EMOTIONS", "Analysis", "Clip", "ClipError", "Edit", "Editor", "EmotionError", "EmotionTrack", "EncoderSettings",
    "Frame", "InputError", "Keyframe", "MienError", "MienWarning", "ModelError", "NoFaceError", "OpenClip",
    "OutputError", "Progress", "Result", "System", "TimeRange", "__version__", "edit", "load", "open", "read_edit",
}  # fmt: skip


def test_the_public_names_are_these() -> None:
    """A name that goes breaks other people's code; a name that comes is a promise: both are decided, not slipped in."""
    assert set(mien.__all__) == EXPECTED
    assert set(dir(mien)) >= EXPECTED


@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_every_name_is_there_and_documented(name: str) -> None:
    value = getattr(mien, name)
    if inspect.isclass(value) or inspect.isfunction(value):
        assert inspect.getdoc(value)


def test_unknown_names_are_attribute_errors() -> None:
    with pytest.raises(AttributeError, match="nonsense"):
        mien.nonsense  # noqa: B018


def test_importing_mien_imports_nothing_heavy() -> None:
    code = (
        "import sys; before = set(sys.modules); import mien; "
        "print(sorted({name.split('.')[0] for name in set(sys.modules) - before} - set(sys.stdlib_module_names)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "['mien']"


def test_help_imports_nothing_heavy() -> None:
    code = (
        "import sys\nfrom mien.app.cli import main\n"
        "try:\n    main(['edit', '--help'])\n"
        "except SystemExit as stop:\n    assert stop.code == 0\n"
        "print([name for name in ('numpy', 'av', 'numba', 'scipy', 'mediapipe') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"
