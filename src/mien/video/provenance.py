"""Every output says that it was edited: in its container's metadata, and in a signed C2PA manifest.

The manifest names mien, the emotions, the system and the source (its file name and SHA-256; its own manifest, where it
has one, is carried along), and binds them to the content by hash. Formats that hold a manifest get it inside; the
others get it beside them, as ``NAME.c2pa``. Packets and timestamps stay as they are. Nothing is sent anywhere: no
time-stamping authority is asked, no remote manifest fetched.
"""

from __future__ import annotations

import json
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mien.errors import ClipError
from mien.video.claim import Claim, EditClaim, generator
from mien.video.info import MienWarning
from mien.video.manifest import (
    BESIDE,
    EMBEDDED,
    SETTINGS,
    STORE,
    TRAINED,
    ingredient_of,
    library,
    sign_file,
    try_signing,
)
from mien.video.signing import Identity, signing_identity


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
    return {**tags, "software": generator()}


def check_signing() -> Identity | None:
    """The identity that outputs will be signed with, tried out, so that a long job need not fail at its end.

    Returns:
        The identity, for :func:`sign`; None where the C2PA library does not run on this machine.

    Raises:
        InputError: The signing identity in the settings is not usable.
    """
    c2pa = library()
    if c2pa is None:
        return None
    identity = signing_identity()
    try_signing(c2pa, identity)
    return identity


def sign(path: Path, claim: Claim, identity: Identity | None = None) -> Path | None:
    """Adds a signed manifest to a finished file, in place and at once; its packets and pixels stay as they are.

    Args:
        path: The file, under the name it will have (its folder may change), or a folder of images, each of which is
            signed.
        claim: What was done.
        identity: From :func:`check_signing`; None finds it now.

    Returns:
        Where the manifest is: ``path``, or the ``.c2pa`` file beside it where the format holds none. ``None``, with a
        warning, where the C2PA library does not run on this machine: the container's metadata still tells.

    Raises:
        InputError: The signing identity in the settings is not usable.
        OutputError: The manifest cannot be made or written; the file is as it was.
    """
    c2pa = library()
    if c2pa is None:
        warnings.warn("No C2PA manifest: its library does not run on this machine.", MienWarning, stacklevel=2)
        return None
    identity, ingredient = identity or signing_identity(), ingredient_of(claim.source)
    if not path.is_dir():
        return sign_file(c2pa, path, claim, identity, ingredient)
    for image in sorted(each for each in path.iterdir() if each.suffix.lower() in {**EMBEDDED, **BESIDE}):
        sign_file(c2pa, image, claim, identity, ingredient)
    return path


def read(path: Path) -> dict[str, Any] | None:
    """The manifest store of a file, validated: from inside the file, or from the ``.c2pa`` file beside it.

    Returns:
        The store as C2PA's JSON (``active_manifest``, ``manifests``, ``validation_state``: ``Invalid`` where the
        content was changed after signing, ``Valid``, or ``Trusted``), or ``None`` where there is none.

    Raises:
        ClipError: The file cannot be read.
    """
    c2pa = library()
    if c2pa is None:
        raise ClipError("Manifests cannot be read: the C2PA library does not run on this machine.")
    media_type, beside = EMBEDDED.get(path.suffix.lower()), path.with_suffix(".c2pa")
    context = c2pa.Context.from_dict(SETTINGS)
    try:
        with path.open("rb") as file:
            if media_type is None and not beside.is_file():
                return None
            store = None if media_type else beside.read_bytes()
            with c2pa.Reader(media_type or STORE, file, store, context=context) as reader:
                content: dict[str, Any] = json.loads(reader.json())
                return content
    except c2pa.C2paError.ManifestNotFound:
        return None
    except (OSError, c2pa.C2paError) as error:
        raise ClipError(f"{path} cannot be read for its manifest ({error}).") from error


def claim_of(path: Path) -> EditClaim | None:
    """What a file's own manifest says mien did to it, as a claim whose source is the file.

    Returns:
        The claim; None if the file has no manifest of mien's, or the C2PA library does not run on this machine, or,
        with a warning, where the manifest cannot be read.
    """
    if path.is_dir():
        path = next(iter(sorted(each for each in path.iterdir() if each.suffix.lower() in EMBEDDED)), path)
    if path.is_dir() or library() is None:
        return None
    try:
        store = read(path)
    except ClipError as error:
        warnings.warn(f"{error} What is made of it will not say how it was edited.", MienWarning, stacklevel=2)
        return None
    if store is None or "active_manifest" not in store:
        return None
    assertions = store["manifests"][store["active_manifest"]].get("assertions", [])
    lists = [one["data"]["actions"] for one in assertions if one["label"].startswith("c2pa.actions")]
    for action in (action for actions in lists for action in actions):
        agent, done = action.get("softwareAgent"), action.get("parameters", {})
        ours = isinstance(agent, dict) and agent.get("name") == "mien" and {"system", "emotions"} <= done.keys()
        if ours and action.get("action") == "c2pa.edited":
            return EditClaim(done["system"], tuple(done["emotions"]), path, action.get("digitalSourceType") == TRAINED)
    return None
