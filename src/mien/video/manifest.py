"""C2PA manifests: made, signed and put into or beside one finished file. ``mien.video.provenance`` says when.

Sources: C2PA Technical Specification 2.2; IPTC Digital Source Type NewsCodes, 2024-10-23.
"""

from __future__ import annotations

import base64
import hashlib
import io
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mien.errors import InputError, OutputError
from mien.video.claim import Claim, mien_version
from mien.video.signing import CERTIFICATE_SETTING, Identity

EMBEDDED = {
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

BESIDE = {".avi": "video/x-msvideo", ".bmp": "image/bmp", ".mkv": "video/x-matroska", ".webm": "video/webm"}
_UNKNOWN = "application/octet-stream"
STORE = "application/c2pa"

# The terms nearest to what happens. Not "algorithmicallyEnhanced": that one leaves the main content as it was, and an
# expression is main content. Not "humanEdits": shading, wrinkles and the inside of a mouth are rendered, not retouched.
_SYNTHETIC = "http://cv.iptc.org/newscodes/digitalsourcetype/compositeSynthetic"
TRAINED = "http://cv.iptc.org/newscodes/digitalsourcetype/compositeWithTrainedAlgorithmicMedia"

_PIXEL = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNgAAAAAgABSK+kcQAAAABJRU5ErkJggg=="
)
"""A black pixel, PNG."""

SETTINGS = {
    # Memory that hardly grows with the file (measured: 17 MB more for 100 MB, 29 MB for 1 GB; by default about 200 and
    # 400 MB): video hashed in pieces, whose hashes all stand in the manifest; the library's own copy on disk.
    "core": {
        "merkle_tree_chunk_size_in_kb": 4096,
        "merkle_tree_max_proofs": 0,
        "backing_store_memory_threshold_in_mb": 8,
    },
    "verify": {"remote_manifest_fetch": False, "ocsp_fetch": False},  # no network
    "builder": {"thumbnail": {"enabled": False}},  # no second picture of the person inside the file
}


def library() -> Any:
    """The C2PA library, or None where its native part does not load (it has builds for Linux, macOS and Windows)."""
    try:
        import c2pa
    except (ImportError, OSError, RuntimeError):
        return None
    return c2pa


@dataclass(frozen=True, slots=True)
class Ingredient:
    """The source, as the manifest refers to it. A folder has no hash."""

    path: Path
    sha256: str | None

    @property
    def media_type(self) -> str:
        """What its extension says it is."""
        return {**EMBEDDED, **BESIDE}.get(self.path.suffix.lower(), _UNKNOWN)


def ingredient_of(source: Path) -> Ingredient:
    """Hash a source.

    Raises:
        OutputError: It cannot be read.
    """
    try:
        return Ingredient(source, None if source.is_dir() else _sha256(source).hex())
    except OSError as error:
        raise OutputError(f"The source {source} cannot be read to be named in the manifest ({error}).") from error


def _sha256(path: Path) -> bytes:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").digest()


def sign_file(c2pa: Any, path: Path, claim: Claim, identity: Identity, ingredient: Ingredient) -> Path:
    """Sign one finished file, in place and at once.

    Returns:
        Where the manifest is: the file, or ``NAME.c2pa`` beside it.

    Raises:
        OutputError: The manifest cannot be made or written; the file is as it was.
    """
    media_type = EMBEDDED.get(path.suffix.lower())
    target = path if media_type else path.with_suffix(".c2pa")
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=".c2pa-")
    try:
        with os.fdopen(handle, "w+b") as signed, path.open("rb") as unsigned:
            builder = _builder(c2pa, path, media_type, claim, ingredient)
            manifest = builder.sign(_signer(c2pa, identity), media_type or STORE, unsigned, signed)
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


def try_signing(c2pa: Any, identity: Identity) -> None:
    """Sign a picture of one pixel in memory: certificates that C2PA does not allow are found only in this way.

    Raises:
        InputError: The identity cannot sign.
    """
    created = {"action": "c2pa.created", "digitalSourceType": _SYNTHETIC}
    definition = {
        "claim_generator_info": [{"name": "mien", "version": mien_version()}],
        "assertions": [{"label": "c2pa.actions", "data": {"actions": [created]}}],
    }
    try:
        builder = c2pa.Builder(definition, c2pa.Context.from_dict(SETTINGS))
        builder.sign(_signer(c2pa, identity), "image/png", io.BytesIO(_PIXEL), io.BytesIO())
    except c2pa.C2paError as error:
        reason = " ".join(str(error).split())
        raise InputError(f"The certificate in {CERTIFICATE_SETTING} cannot sign C2PA manifests ({reason}).") from error


def _signer(c2pa: Any, identity: Identity) -> Any:
    return c2pa.Signer.from_info(c2pa.C2paSignerInfo(identity.algorithm.encode(), identity.chain, identity.key, None))


def _builder(c2pa: Any, path: Path, media_type: str | None, claim: Claim, ingredient: Ingredient) -> Any:
    """The unsigned manifest: the source was opened, its expression edited."""
    edited = {
        "action": "c2pa.edited",
        "description": claim.sentence,
        "softwareAgent": {"name": "mien", "version": mien_version()},
        "digitalSourceType": TRAINED if claim.trained_model else _SYNTHETIC,
        "parameters": {
            **claim.details,
            **({"source_sha256": ingredient.sha256} if ingredient.sha256 else {}),
        },
    }
    assertions: list[dict[str, Any]] = [{"label": "c2pa.actions", "data": {"actions": [edited]}}]
    if media_type is None:  # beside the file: bound to it by the hash of all its bytes
        whole = {"alg": "sha256", "hash": list(_sha256(path)), "name": "whole file", "pad": [], "exclusions": []}
        assertions.append({"label": "c2pa.hash.data", "data": whole})
    definition = {
        "claim_generator_info": [{"name": "mien", "version": mien_version()}],
        "title": path.name,
        "format": media_type or BESIDE.get(path.suffix.lower(), _UNKNOWN),
        "assertions": assertions,
    }
    builder = c2pa.Builder(definition, c2pa.Context.from_dict(SETTINGS))
    builder.set_intent(c2pa.C2paBuilderIntent.EDIT)  # adds the action c2pa.opened with the parent
    if media_type is None:
        builder.set_no_embed()
    _add_parent(c2pa, builder, ingredient)
    return builder


def _add_parent(c2pa: Any, builder: Any, ingredient: Ingredient) -> None:
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
