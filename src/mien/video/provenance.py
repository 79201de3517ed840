"""Every output says that it was edited: in its container's metadata, and in a signed C2PA manifest.

The manifest names mien, the emotions, the system and the source (its file name and SHA-256; its own manifest, where it
has one, is carried along), and binds them to the content by hash. Formats that hold a manifest get it inside; the
others get it beside them, as ``NAME.c2pa``. Packets and timestamps stay as they are. Nothing is sent anywhere: no
time-stamping authority is asked, no remote manifest fetched.

Sources: C2PA Technical Specification 2.2; IPTC Digital Source Type NewsCodes, 2024-10-23.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import tempfile
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from mien.errors import ClipError, InputError, OutputError
from mien.video.info import MienWarning
from mien.video.signing import Identity, signing_identity

_EMBEDDED = {
    ".jpeg": "image/jpeg",
    ".jpg": "image/jpeg",
    ".m4v": "video/mp4",
    ".mov": "video/quicktime",
    ".mp4": "video/mp4",
    ".png": "image/png",
    ".tif": "image/tiff",
    ".tiff": "image/tiff",
    ".webp": "image/webp",
}
"""Formats that carry a manifest inside, by file name extension."""

_BESIDE = {".avi": "video/x-msvideo", ".bmp": "image/bmp", ".mkv": "video/x-matroska", ".webm": "video/webm"}
_UNKNOWN = "application/octet-stream"
_STORE = "application/c2pa"

# The terms nearest to what happens. Not "algorithmicallyEnhanced": that one leaves the main content as it was, and an
# expression is main content. Not "humanEdits": shading, wrinkles and the inside of a mouth are rendered, not retouched.
_SYNTHETIC = "http://cv.iptc.org/newscodes/digitalsourcetype/compositeSynthetic"
_TRAINED = "http://cv.iptc.org/newscodes/digitalsourcetype/compositeWithTrainedAlgorithmicMedia"

_SETTINGS = {
    # Memory that does not grow with the file (measured: 17 MB for 100 MB and for 1 GB; 200 and 520 by default): video
    # hashed in pieces, whose hashes all stand in the manifest; the library's own copy on disk.
    "core": {
        "merkle_tree_chunk_size_in_kb": 4096,
        "merkle_tree_max_proofs": 0,
        "backing_store_memory_threshold_in_mb": 8,
    },
    "verify": {"remote_manifest_fetch": False, "ocsp_fetch": False},  # no network
    "builder": {"thumbnail": {"enabled": False}},  # no second picture of the person inside the file
}


@dataclass(frozen=True, slots=True)
class EditClaim:
    """What an output says about how it was made.

    Attributes:
        system: The system that rendered it, such as ``instant``.
        emotions: The emotions (or action units) put on, each once, in order of appearance; at least one.
        source: The clip, image or image folder that was edited.
        trained_model: Whether a trained generative model made pixels.
    """

    system: str
    emotions: tuple[str, ...]
    source: Path
    trained_model: bool = False

    def __post_init__(self) -> None:
        if not self.system or not self.emotions:
            raise InputError(f"an edit claim needs a system and emotions, not {self.system!r} and {self.emotions!r}.")

    @property
    def sentence(self) -> str:
        """The claim for people, one sentence."""
        emotions = ", ".join(self.emotions)
        return f"The facial expression in this file was edited with {_generator()}, system {self.system}: {emotions}."


def edit_metadata(claim: EditClaim, existing: Mapping[str, str] | None = None) -> dict[str, str]:
    """Container metadata that says a file was edited, to be set over the source's own.

    Args:
        claim: What was done.
        existing: The source's metadata; its comment and description are kept, after ours.

    Returns:
        The tags to set: ``comment``, ``description`` and ``software``.
    """
    own = {key.lower(): text for key, text in (existing or {}).items()}
    tags = {key: "\n".join(filter(None, [claim.sentence, own.get(key)])) for key in ("comment", "description")}
    return {**tags, "software": _generator()}


def sign(path: Path, claim: EditClaim) -> Path | None:
    """Adds a signed manifest to a finished file, in place and at once; its packets and pixels stay as they are.

    Args:
        path: The file, under the name it will have (its folder may change), or a folder of images, each of which is
            signed.
        claim: What was done.

    Returns:
        Where the manifest is: ``path``, or the ``.c2pa`` file beside it where the format holds none. ``None``, with a
        warning, where the C2PA library does not run on this machine: the container's metadata still tells.

    Raises:
        InputError: The signing identity in the settings is not usable.
        OutputError: The manifest cannot be made or written; the file is as it was.
    """
    c2pa = _library()
    if c2pa is None:
        warnings.warn("No C2PA manifest: its library does not run on this machine.", MienWarning, stacklevel=2)
        return None
    identity, ingredient = signing_identity(), _ingredient(claim.source)
    if not path.is_dir():
        return _sign_file(c2pa, path, claim, identity, ingredient)
    for image in sorted(each for each in path.iterdir() if each.suffix.lower() in {**_EMBEDDED, **_BESIDE}):
        _sign_file(c2pa, image, claim, identity, ingredient)
    return path


def read(path: Path) -> dict[str, Any] | None:
    """The manifest store of a file, validated: from inside the file, or from the ``.c2pa`` file beside it.

    Returns:
        The store as C2PA's JSON (``active_manifest``, ``manifests``, ``validation_state``: ``Invalid`` where the
        content was changed after signing, ``Valid``, or ``Trusted``), or ``None`` where there is none.

    Raises:
        ClipError: The file cannot be read.
    """
    c2pa = _library()
    if c2pa is None:
        raise ClipError("Manifests cannot be read: the C2PA library does not run on this machine.")
    media_type, beside = _EMBEDDED.get(path.suffix.lower()), path.with_suffix(".c2pa")
    context = c2pa.Context.from_dict(_SETTINGS)
    try:
        with path.open("rb") as file:
            if media_type is None and not beside.is_file():
                return None
            store = None if media_type else beside.read_bytes()
            with c2pa.Reader(media_type or _STORE, file, store, context=context) as reader:
                content: dict[str, Any] = json.loads(reader.json())
                return content
    except c2pa.C2paError.ManifestNotFound:
        return None
    except (OSError, c2pa.C2paError) as error:
        raise ClipError(f"{path} cannot be read for its manifest ({error}).") from error


def _version() -> str:
    try:
        return version("mien")
    except PackageNotFoundError:  # run from a source tree that is not installed
        return "0+source"


def _generator() -> str:
    return f"mien {_version()}"


def _library() -> Any:
    """The C2PA library, or None where its native part does not load (it has builds for Linux, macOS and Windows)."""
    try:
        import c2pa
    except (ImportError, OSError, RuntimeError):
        return None
    return c2pa


@dataclass(frozen=True, slots=True)
class _Ingredient:
    """The source, as the manifest refers to it. A folder has no hash."""

    path: Path
    sha256: str | None

    @property
    def media_type(self) -> str:
        return {**_EMBEDDED, **_BESIDE}.get(self.path.suffix.lower(), _UNKNOWN)


def _ingredient(source: Path) -> _Ingredient:
    try:
        return _Ingredient(source, None if source.is_dir() else _sha256(source).hex())
    except OSError as error:
        raise OutputError(f"The source {source} cannot be read to be named in the manifest ({error}).") from error


def _sha256(path: Path) -> bytes:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").digest()


def _sign_file(c2pa: Any, path: Path, claim: EditClaim, identity: Identity, ingredient: _Ingredient) -> Path:
    media_type = _EMBEDDED.get(path.suffix.lower())
    target = path if media_type else path.with_suffix(".c2pa")
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=".c2pa-")
    try:
        with os.fdopen(handle, "w+b") as signed, path.open("rb") as unsigned:
            builder = _builder(c2pa, path, media_type, claim, ingredient)
            signer = c2pa.Signer.from_info(
                c2pa.C2paSignerInfo(identity.algorithm.encode(), identity.chain, identity.key, None)
            )
            manifest = builder.sign(signer, media_type or _STORE, unsigned, signed)
            if media_type is None:  # what came out is a copy of the file: keep the manifest alone
                signed.seek(0)
                signed.truncate()
                signed.write(manifest)
        os.chmod(temporary, path.stat().st_mode & 0o777)
        os.replace(temporary, target)
    except (OSError, c2pa.C2paError) as error:
        raise OutputError(f"{path.name} cannot be signed ({error}).") from error
    finally:
        Path(temporary).unlink(missing_ok=True)
    return target


def _builder(c2pa: Any, path: Path, media_type: str | None, claim: EditClaim, ingredient: _Ingredient) -> Any:
    """The unsigned manifest: the source was opened, its expression edited."""
    edited = {
        "action": "c2pa.edited",
        "description": claim.sentence,
        "softwareAgent": {"name": "mien", "version": _version()},
        "digitalSourceType": _TRAINED if claim.trained_model else _SYNTHETIC,
        "parameters": {
            "system": claim.system,
            "emotions": list(claim.emotions),
            **({"source_sha256": ingredient.sha256} if ingredient.sha256 else {}),
        },
    }
    assertions: list[dict[str, Any]] = [{"label": "c2pa.actions", "data": {"actions": [edited]}}]
    if media_type is None:  # beside the file: bound to it by the hash of all its bytes
        whole = {"alg": "sha256", "hash": list(_sha256(path)), "name": "whole file", "pad": [], "exclusions": []}
        assertions.append({"label": "c2pa.hash.data", "data": whole})
    definition = {
        "claim_generator_info": [{"name": "mien", "version": _version()}],
        "title": path.name,
        "format": media_type or _BESIDE.get(path.suffix.lower(), _UNKNOWN),
        "assertions": assertions,
    }
    builder = c2pa.Builder(definition, c2pa.Context.from_dict(_SETTINGS))
    builder.set_intent(c2pa.C2paBuilderIntent.EDIT)  # adds the action c2pa.opened with the parent
    if media_type is None:
        builder.set_no_embed()
    _add_parent(c2pa, builder, ingredient)
    return builder


def _add_parent(c2pa: Any, builder: Any, ingredient: _Ingredient) -> None:
    parent = {"title": ingredient.path.name, "relationship": "parentOf"}
    if ingredient.sha256 is None:
        builder.add_ingredient(parent, _UNKNOWN, io.BytesIO())
        return
    with ingredient.path.open("rb") as file:
        try:
            builder.add_ingredient(parent, ingredient.media_type, file)
        except c2pa.C2paError:  # not what its extension says: the parent is still named, its own manifest not read
            file.seek(0)
            builder.add_ingredient(parent, _UNKNOWN, file)
