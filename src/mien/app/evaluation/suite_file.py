"""A suite file, TOML or JSON: which sources take which emotions, how strongly, by which systems."""

from __future__ import annotations

import dataclasses
import json
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import mien.systems
from mien.app.edit import Setting
from mien.app.evaluation.actor_classifier import ActorClassifier, open_classifier
from mien.emotion.vocabulary import canonical
from mien.errors import InputError, MienError
from mien.metrics.intensity_linearity import INTENSITIES

_KEYS = {
    "name", "sources", "emotions", "intensities", "systems", "seeds", "settings", "targets", "lie_intensities",
    "classifier",
}  # fmt: skip
_SYSTEM_KEYS = {"name", "label", "actor", "settings"}

MOST_RENDERS = 10_000
MOST_LIE_INTENSITIES = 1_000


@dataclass(frozen=True, slots=True)
class SuiteSystem:
    """A way to render.

    Attributes:
        name: Of the system.
        label: What tables call it; tells apart two entries of one system.
        actor: Folder of its actor, or None.
        settings: Of the system.
    """

    name: str
    label: str
    actor: Path | None = None
    settings: Mapping[str, Setting] = field(default_factory=dict)

    @property
    def has_seed(self) -> bool:
        """Whether the system draws, and takes a seed."""
        config = getattr(mien.systems.load(self.name, **self._given()), "config", None)
        return dataclasses.is_dataclass(config) and any(f.name == "seed" for f in dataclasses.fields(config))

    def _given(self) -> dict[str, Any]:
        return dict(self.settings) if self.actor is None else {"actor": self.actor, **self.settings}


@dataclass(frozen=True, slots=True)
class Render:
    """One render of a suite."""

    source: Path
    emotion: str
    intensity: float
    system: SuiteSystem
    seed: int | None
    target: Path | None = None
    classifier: ActorClassifier | None = None

    @property
    def name(self) -> str:
        """Of its folder and files."""
        seed = "" if self.seed is None else f"_seed{self.seed}"
        return f"{self.source.stem}_{self.emotion}_{self.intensity:g}_{self.system.label}{seed}".replace(" ", "-")


@dataclass(frozen=True, slots=True)
class Suite:
    """What a suite file asks for.

    Attributes:
        name: For people.
        path: The file.
        sources: Clips.
        emotions: Names.
        intensities: 0-1, rising.
        systems: Ways to render.
        seeds: For systems that draw.
        targets: ``(source's stem, emotion)`` to real footage.
        lie_intensities: At how many intensities a picture is rendered for LIE; 0 leaves it out.
        classifiers: Source's stem to the classifier trained on that person's footage.
    """

    name: str
    path: Path
    sources: tuple[Path, ...]
    emotions: tuple[str, ...]
    intensities: tuple[float, ...]
    systems: tuple[SuiteSystem, ...]
    seeds: tuple[int, ...] = ()
    targets: Mapping[tuple[str, str], Path] = field(default_factory=dict)
    lie_intensities: int = INTENSITIES
    classifiers: Mapping[str, ActorClassifier] = field(default_factory=dict)

    def renders(self) -> Iterator[Render]:
        """All of them, in order: sources, then systems, emotions, intensities, seeds."""
        for source in self.sources:
            for system in self.systems:
                seeds: tuple[int | None, ...] = self.seeds if self.seeds and system.has_seed else (None,)
                for emotion in self.emotions:
                    target = self.targets.get((source.stem, emotion))
                    for intensity in self.intensities:
                        for seed in seeds:
                            yield Render(
                                source, emotion, intensity, system, seed, target, self.classifiers.get(source.stem)
                            )


def read_suite(path: Path) -> Suite:
    """Read a suite file.

    Raises:
        InputError: It cannot be read, a field is unknown, missing or out of range, or a clip is not there.
        EmotionError: An emotion is not known.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
        data = tomllib.loads(text) if path.suffix.lower() == ".toml" else json.loads(text)
    except OSError as error:
        raise InputError(f"the suite file {path} cannot be read: {error.strerror}.") from None
    except ValueError as error:  # both parsers' errors, and text that is not UTF-8
        raise InputError(f"{path} is not a suite file: {error}.") from None
    try:
        return _suite(data, path)
    except MienError as error:
        raise type(error)(f"{path} is not a suite that can be run: {str(error).rstrip('.')}.") from None


def _suite(data: Any, path: Path) -> Suite:
    if not isinstance(data, dict):
        raise InputError("it must be a table of fields")
    _refuse_unknown(data, _KEYS, "it")
    shared = _settings(data.get("settings", {}), "settings")
    intensities = tuple(sorted({_intensity(value) for value in _list(data, "intensities", [1.0])}))
    sources = _sources(_list(data, "sources"), path.parent)
    suite = Suite(
        name=str(data.get("name", path.stem)),
        path=path,
        sources=sources,
        emotions=tuple(dict.fromkeys(canonical(_text(each, "emotions")) for each in _list(data, "emotions"))),
        intensities=intensities,
        systems=tuple(_system(each, shared, path.parent) for each in _list(data, "systems", ["instant"])),
        seeds=tuple(_seed(each) for each in _list(data, "seeds", []) or []),
        targets=_targets(data.get("targets", {}), path.parent),
        lie_intensities=_lie_intensities(data.get("lie_intensities", INTENSITIES)),
        classifiers=_classifiers(data.get("classifier", {}), [source.stem for source in sources], path.parent),
    )
    for what, names in (("systems", [s.label for s in suite.systems]), ("sources", [s.stem for s in suite.sources])):
        if len(set(names)) < len(names):
            twice = next(name for name in names if names.count(name) > 1)
            raise InputError(f"{what} has '{twice}' twice; give each a name of its own")
    count = len(suite.sources) * len(suite.emotions) * len(intensities) * len(suite.systems) * max(1, len(suite.seeds))
    if count > MOST_RENDERS:
        raise InputError(f"it asks for {count} renders; at most {MOST_RENDERS} are made")
    return suite


def _refuse_unknown(data: Mapping[str, Any], known: set[str], what: str) -> None:
    unknown = sorted(set(data) - known)
    if unknown:
        raise InputError(f"{what} has the unknown field '{unknown[0]}'; known are {', '.join(sorted(known))}")


def _list(data: Mapping[str, Any], name: str, default: list[Any] | None = None) -> list[Any]:
    value = data.get(name, default)
    if value is None:
        raise InputError(f"the field '{name}' is missing")
    if not isinstance(value, list) or (not value and default is None):
        raise InputError(f"{name} must be a list with at least one entry")
    return value


def _text(value: Any, name: str) -> str:
    if not isinstance(value, str):
        raise InputError(f"an entry of {name} is {value!r}; expected a text")
    return value


def _intensity(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 1:
        raise InputError(f"an intensity is {value!r}; expected a number from 0 to 1")
    return float(value)


def _seed(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise InputError(f"a seed is {value!r}; expected a whole number from 0")
    return value


def _lie_intensities(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not (value == 0 or 3 <= value <= MOST_LIE_INTENSITIES):
        raise InputError(
            f"lie_intensities is {value!r}; expected 0, or a whole number from 3 to {MOST_LIE_INTENSITIES}"
        )
    return value


def _sources(entries: list[Any], folder: Path) -> tuple[Path, ...]:
    found: dict[Path, None] = {}
    for entry in entries:
        name = _text(entry, "sources")
        matches = [folder / name]
        if any(sign in name for sign in "*?["):
            pattern = Path(name)
            base = Path(pattern.anchor) if pattern.is_absolute() else folder
            matches = sorted(base.glob(str(pattern.relative_to(pattern.anchor)) if pattern.is_absolute() else name))
            if not matches:
                raise InputError(f"no clip matches '{name}' in sources")
        for match in matches:
            if not match.exists():
                raise InputError(f"there is no source {match}")
            found[match.resolve()] = None
    return tuple(found)


def _system(entry: Any, shared: Mapping[str, Setting], folder: Path) -> SuiteSystem:
    data = {"name": entry} if isinstance(entry, str) else entry
    if not isinstance(data, dict):
        raise InputError(f"an entry of systems is {entry!r}; expected a name or a table")
    _refuse_unknown(data, _SYSTEM_KEYS, "a system")
    name = _text(data.get("name"), "systems")
    actor = data.get("actor")
    system = SuiteSystem(
        name=name,
        label=_text(data.get("label", name), "systems"),
        actor=None if actor is None else folder / _text(actor, "systems"),
        settings={**shared, **_settings(data.get("settings", {}), "the settings of a system")},
    )
    mien.systems.load(name, **system._given())  # says at once what is wrong with a name, an actor or a setting
    return system


def _settings(data: Any, what: str) -> dict[str, Setting]:
    if not isinstance(data, dict) or any(isinstance(v, list | dict) for v in data.values()):
        raise InputError(f"{what} must be a table of numbers, texts, true or false")
    return cast("dict[str, Setting]", data)


def _targets(data: Any, folder: Path) -> dict[tuple[str, str], Path]:
    if not isinstance(data, dict):
        raise InputError("targets must be a table: the source's name, then the emotion, then the clip")
    found: dict[tuple[str, str], Path] = {}
    for stem, each in data.items():
        if not isinstance(each, dict):
            raise InputError(f"targets.{stem} must be a table of emotions with a clip for each")
        for emotion, name in each.items():
            path = folder / _text(name, "targets")
            if not path.exists():
                raise InputError(f"there is no target {path}")
            found[stem, canonical(emotion)] = path.resolve()
    return found


def _classifiers(data: Any, stems: list[str], folder: Path) -> dict[str, ActorClassifier]:
    """One folder for all sources, or a table of one for each that has one."""
    if isinstance(data, str):
        found = open_classifier(folder / data)
        return dict.fromkeys(stems, found)
    if not isinstance(data, dict):
        raise InputError("classifier must be a folder, or a table: the source's name, then its folder")
    unknown = sorted(set(data) - set(stems))
    if unknown:
        raise InputError(f"classifier names the source '{unknown[0]}', which is not in sources")
    return {stem: open_classifier(folder / _text(name, "classifier")) for stem, name in data.items()}
