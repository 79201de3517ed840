"""Signing changes nothing that is seen or heard, and what it says is what was done."""

from __future__ import annotations

import hashlib
import os
import stat
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from mien.errors import ClipError, InputError, OutputError
from mien.video.claim import EditClaim
from mien.video.info import MienWarning
from mien.video.provenance import check_signing, claim_of, edit_metadata, read, sign
from mien.video.signing import signing_identity

EMBEDDED_VIDEO = [("mp4", "libx264", False), ("mp4", "libx264", True), ("mov", "libx264", True)]
BESIDE_VIDEO = [("mkv", "libx264", False), ("webm", "libvpx", False)]


@pytest.fixture(autouse=True)
def _own_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MIEN_CONFIG", str(tmp_path / "config"))
    for variable in ("MIEN_C2PA_CERT", "MIEN_C2PA_KEY"):
        monkeypatch.delenv(variable, raising=False)


@pytest.fixture
def claim(tmp_path: Path) -> EditClaim:
    source = tmp_path / "talk.mp4"
    write_clip(source, "libx264", seed=1)
    return EditClaim(system="instant", emotions=("happy", "sad"), source=source)


def write_clip(path: Path, codec: str, *, seed: int = 0, faststart: bool = False) -> None:
    """A short clip with uneven timestamps and, where the container takes it, a sound track."""
    rng = np.random.default_rng(seed)
    with av.open(str(path), "w", options={"movflags": "+faststart"} if faststart else {}) as container:
        video = container.add_stream(codec, rate=30)
        video.width, video.height, video.pix_fmt = 64, 48, "yuv420p"
        video.time_base = Fraction(1, 30000)
        sound = container.add_stream("libopus" if path.suffix == ".webm" else "aac", rate=48000)
        for index in range(12):
            frame = av.VideoFrame.from_ndarray(rng.integers(0, 255, (48, 64, 3), dtype=np.uint8), format="rgb24")
            frame.pts, frame.time_base = 1001 * index + (index % 3) * 40, Fraction(1, 30000)
            container.mux(video.encode(frame))
        container.mux(video.encode(None))
        for index in range(20):
            samples = (rng.normal(size=(1, 1920)) * 0.1).astype(np.float32)
            wave = av.AudioFrame.from_ndarray(samples, format="fltp", layout="mono")
            wave.sample_rate, wave.pts, wave.time_base = 48000, index * 1920, Fraction(1, 48000)
            container.mux(sound.encode(wave))
        container.mux(sound.encode(None))


def packets(path: Path) -> list[tuple[Any, ...]]:
    """Every packet of every stream: where it belongs, its times, its bytes."""
    with av.open(str(path)) as container:
        return [
            (packet.stream_index, packet.stream.time_base, packet.pts, packet.dts, packet.duration, bytes(packet))
            for packet in container.demux()
            if packet.size
        ]


def write_picture(path: Path) -> None:
    codec = {".png": "png", ".jpg": "mjpeg", ".tif": "tiff", ".webp": "libwebp"}[path.suffix]
    with av.open(str(path), "w", format="webp" if path.suffix == ".webp" else "image2") as container:
        stream = container.add_stream(codec, rate=1)
        stream.width, stream.height = 64, 48
        stream.pix_fmt = {"png": "rgb24", "tiff": "rgb24", "mjpeg": "yuvj420p", "libwebp": "yuv420p"}[codec]
        pixels = np.random.default_rng(0).integers(0, 255, (48, 64, 3), dtype=np.uint8)
        container.mux(stream.encode(av.VideoFrame.from_ndarray(pixels, format="rgb24")))
        container.mux(stream.encode(None))


def pixels(path: Path) -> np.ndarray:
    with av.open(str(path)) as container:
        return next(container.decode(video=0)).to_ndarray(format="rgb24")


def active(store: dict[str, Any] | None) -> dict[str, Any]:
    assert store is not None
    return store["manifests"][store["active_manifest"]]


def edited_action(store: dict[str, Any] | None) -> dict[str, Any]:
    actions = next(each["data"]["actions"] for each in active(store)["assertions"] if "actions" in each["label"])
    assert [each["action"] for each in actions] == ["c2pa.opened", "c2pa.edited"]
    return actions[1]


@pytest.mark.parametrize(("extension", "codec", "faststart"), EMBEDDED_VIDEO + BESIDE_VIDEO)
def test_signing_leaves_every_packet_and_time(
    tmp_path: Path, claim: EditClaim, extension: str, codec: str, faststart: bool
) -> None:
    path = tmp_path / f"happy.{extension}"
    write_clip(path, codec, faststart=faststart)
    before = packets(path)
    assert len({packet[0] for packet in before}) == 2  # the sound is there to be compared

    where = sign(path, claim)

    assert packets(path) == before
    assert where == (path if extension in ("mp4", "mov") else tmp_path / "happy.c2pa")
    store = read(path)
    assert store is not None
    assert store["validation_state"] == "Valid"  # not "Trusted": nobody vouches for a self-made signer


@pytest.mark.parametrize("extension", ["png", "jpg", "tif", "webp"])
def test_pictures_keep_their_pixels(tmp_path: Path, claim: EditClaim, extension: str) -> None:
    path = tmp_path / f"happy.{extension}"
    write_picture(path)
    before = pixels(path)
    assert sign(path, claim) == path
    np.testing.assert_array_equal(pixels(path), before)
    assert read(path)["validation_state"] == "Valid"  # type: ignore[index]


def test_manifest_says_what_was_done(tmp_path: Path, claim: EditClaim) -> None:
    path = tmp_path / "happy.mp4"
    write_clip(path, "libx264")
    sign(path, claim)
    store = read(path)
    action = edited_action(store)
    assert action["parameters"] == {
        "system": "instant",
        "emotions": ["happy", "sad"],
        "source_sha256": hashlib.sha256(claim.source.read_bytes()).hexdigest(),
    }
    assert action["digitalSourceType"].endswith("/compositeSynthetic")
    assert active(store)["title"] == "happy.mp4"
    (parent,) = active(store)["ingredients"]
    assert (parent["title"], parent["relationship"]) == ("talk.mp4", "parentOf")
    assert "thumbnail" not in active(store)
    assert "thumbnail" not in parent


def test_a_trained_model_is_named_as_such(tmp_path: Path, claim: EditClaim) -> None:
    path = tmp_path / "happy.mp4"
    write_clip(path, "libx264")
    sign(path, EditClaim("director", ("happy",), claim.source, trained_model=True))
    assert edited_action(read(path))["digitalSourceType"].endswith("/compositeWithTrainedAlgorithmicMedia")


def test_the_manifest_of_the_source_is_carried_along(tmp_path: Path, claim: EditClaim) -> None:
    first, second = tmp_path / "first.mp4", tmp_path / "second.mp4"
    for path in (first, second):
        write_clip(path, "libx264")
    sign(first, claim)
    sign(second, EditClaim("instant", ("angry",), first))
    store = read(second)
    assert store is not None
    assert store["validation_state"] == "Valid"
    assert len(store["manifests"]) == 2
    (parent,) = active(store)["ingredients"]
    assert store["manifests"][parent["active_manifest"]]["title"] == "first.mp4"


@pytest.mark.parametrize("extension", ["mp4", "mkv"])
def test_a_change_after_signing_is_found(tmp_path: Path, claim: EditClaim, extension: str) -> None:
    path = tmp_path / f"happy.{extension}"
    write_clip(path, "libx264")
    sign(path, claim)
    content = bytearray(path.read_bytes())
    picture = next(packet[-1] for packet in packets(path) if packet[0] == 0)
    content[content.index(picture) + len(picture) // 2] ^= 1  # one bit of one picture
    path.write_bytes(content)
    assert read(path)["validation_state"] == "Invalid"  # type: ignore[index]


def test_a_signed_file_may_move(tmp_path: Path, claim: EditClaim) -> None:
    staging = tmp_path / "staging"
    staging.mkdir()
    write_clip(staging / "happy.mkv", "libx264")
    sign(staging / "happy.mkv", claim)
    for path in list(staging.iterdir()):
        path.rename(tmp_path / path.name)
    store = read(tmp_path / "happy.mkv")
    assert store is not None
    assert store["validation_state"] == "Valid"


def test_a_source_that_has_gone_is_said(tmp_path: Path, claim: EditClaim) -> None:
    path = tmp_path / "happy.mp4"
    write_clip(path, "libx264")
    before = path.read_bytes()
    with pytest.raises(OutputError, match=r"gone\.mp4"):
        sign(path, EditClaim("instant", ("happy",), tmp_path / "gone.mp4"))
    assert path.read_bytes() == before


@pytest.mark.parametrize("name", ["frames", "notes.mp4", "odd.xyz"])
def test_any_source_can_be_the_parent(tmp_path: Path, name: str) -> None:
    source = tmp_path / name
    if name == "frames":
        source.mkdir()
    else:
        source.write_text("not a video")
    path = tmp_path / "happy.mp4"
    write_clip(path, "libx264")
    sign(path, EditClaim("instant", ("happy",), source))
    (parent,) = active(read(path))["ingredients"]
    assert parent["title"] == name
    assert ("source_sha256" in edited_action(read(path))["parameters"]) == source.is_file()


def test_every_image_of_a_folder_is_signed(tmp_path: Path, claim: EditClaim) -> None:
    folder = tmp_path / "frames"
    folder.mkdir()
    for index in range(3):
        write_picture(folder / f"{index}.png")
    assert sign(folder, claim) == folder
    assert [read(path)["validation_state"] for path in sorted(folder.iterdir())] == ["Valid"] * 3  # type: ignore[index]


def test_no_manifest_reads_as_none(tmp_path: Path, claim: EditClaim) -> None:
    assert read(claim.source) is None
    beside = tmp_path / "plain.mkv"
    write_clip(beside, "libx264")
    assert read(beside) is None


def test_reading_says_what_is_wrong(tmp_path: Path) -> None:
    with pytest.raises(ClipError, match=r"missing\.mp4"):
        read(tmp_path / "missing.mp4")


def test_a_failed_signature_leaves_the_file_alone(tmp_path: Path, claim: EditClaim) -> None:
    path = tmp_path / "happy.mp4"
    path.write_bytes(b"not a video at all" * 10)
    before = sorted(each.name for each in tmp_path.iterdir())
    with pytest.raises(OutputError, match=r"happy\.mp4 cannot be signed"):
        sign(path, claim)
    assert path.read_bytes() == b"not a video at all" * 10
    assert {each.name for each in tmp_path.iterdir()} - set(before) <= {"config"}


@pytest.mark.parametrize("extension", ["mp4", "mkv"])
def test_a_full_disk_leaves_the_file_alone(tmp_path: Path, claim: EditClaim, extension: str) -> None:
    resource = pytest.importorskip("resource", reason="Windows has no limit on file sizes to set")
    path = tmp_path / f"happy.{extension}"
    write_clip(path, "libx264")
    signing_identity()
    content, names = path.read_bytes(), {each.name for each in tmp_path.iterdir()}
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1024, limits[1]))  # writing more fails, as on a full disk
    try:
        with pytest.raises(OutputError, match="cannot be signed"):
            sign(path, claim)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert path.read_bytes() == content
    assert {each.name for each in tmp_path.iterdir()} == names


def test_without_the_library_a_warning_and_the_file_as_it_was(
    tmp_path: Path, claim: EditClaim, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "c2pa", None)  # what "import c2pa" sees where there is no build for the platform
    before = claim.source.read_bytes()
    with pytest.warns(MienWarning, match="does not run on this machine"):
        assert sign(claim.source, claim) is None
    assert claim.source.read_bytes() == before


def test_metadata_tells_people_and_keeps_what_the_source_said(claim: EditClaim) -> None:
    tags = edit_metadata(claim, {"COMMENT": "take 3", "title": "Interview"})
    assert tags["comment"] == f"{claim.sentence}\ntake 3"
    assert tags["description"] == claim.sentence
    assert tags["software"].startswith("mien ")
    assert "title" not in tags
    for word in ("edited", "instant", "happy", "sad"):
        assert word in claim.sentence


@pytest.mark.parametrize("extension", ["mp4", "mov", "mkv", "webm"])
def test_containers_keep_the_metadata(tmp_path: Path, claim: EditClaim, extension: str) -> None:
    path = tmp_path / f"happy.{extension}"
    with av.open(str(path), "w") as container:
        container.metadata.update(edit_metadata(claim))
        stream = container.add_stream("libvpx" if extension == "webm" else "libx264", rate=30)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        container.mux(stream.encode(av.VideoFrame(64, 48, "yuv420p")))
        container.mux(stream.encode(None))
    sign(path, claim)
    with av.open(str(path)) as container:
        tags = {key.lower(): text for key, text in container.metadata.items()}
    assert tags["comment"] == claim.sentence


@pytest.mark.parametrize(("system", "emotions"), [("", ("happy",)), ("instant", ())])
def test_an_empty_claim_is_refused(tmp_path: Path, system: str, emotions: tuple[str, ...]) -> None:
    with pytest.raises(InputError, match="edit claim"):
        EditClaim(system, emotions, tmp_path)


def test_the_self_made_identity_is_kept_private_and_used_again(tmp_path: Path) -> None:
    first = signing_identity()
    (kept,) = (tmp_path / "config").iterdir()
    if os.name == "posix":
        assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert signing_identity() == first
    assert first.self_made
    assert "PRIVATE" not in repr(first)


def test_a_damaged_identity_is_made_anew(tmp_path: Path) -> None:
    first = signing_identity()
    (kept,) = (tmp_path / "config").iterdir()
    kept.write_bytes(first.chain[:200])
    second = signing_identity()
    assert second.chain != first.chain
    assert signing_identity() == second


def test_an_identity_that_cannot_be_kept_still_signs(tmp_path: Path, claim: EditClaim) -> None:
    (tmp_path / "config").write_text("a file where the settings folder should be")
    with pytest.warns(MienWarning, match="this run only"):
        sign(claim.source, EditClaim("instant", ("happy",), claim.source))
    assert read(claim.source)["validation_state"] == "Valid"  # type: ignore[index]


def test_whoever_trusts_the_root_sees_a_trusted_signer(claim: EditClaim) -> None:
    """The certificates fit C2PA's profile: nothing but the trust in their root is missing."""
    c2pa = pytest.importorskip("c2pa")
    sign(claim.source, claim)
    root = x509.load_pem_x509_certificates(signing_identity().chain)[1]
    anchor = root.public_bytes(serialization.Encoding.PEM).decode()
    context = c2pa.Context.from_dict({"trust": {"user_anchors": anchor}, "verify": {"verify_trust": True}})
    with c2pa.Reader(str(claim.source), context=context) as reader:
        assert reader.get_validation_state() == "Trusted"


def own_identity(folder: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Path, Path]:
    """An identity of the user's: the self-made one of another settings folder, written as two files."""
    made = signing_identity()
    for path in (folder / "config").iterdir():
        path.unlink()
    certificate, key = folder / "own.crt", folder / "own.key"
    certificate.write_bytes(made.chain)
    key.write_bytes(made.key)
    monkeypatch.setenv("MIEN_C2PA_CERT", str(certificate))
    monkeypatch.setenv("MIEN_C2PA_KEY", str(key))
    return certificate, key


def test_the_users_own_identity_signs(tmp_path: Path, claim: EditClaim, monkeypatch: pytest.MonkeyPatch) -> None:
    certificate, _ = own_identity(tmp_path, monkeypatch)
    identity = signing_identity()
    assert not identity.self_made
    assert list((tmp_path / "config").iterdir()) == []  # none was made
    sign(claim.source, claim)
    serial = x509.load_pem_x509_certificates(certificate.read_bytes())[0].serial_number
    assert active(read(claim.source))["signature_info"]["cert_serial_number"] == str(serial)


def test_identities_that_cannot_sign_are_refused_in_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    certificate, key = own_identity(tmp_path, monkeypatch)
    good = key.read_bytes()

    other = ec.generate_private_key(ec.SECP256R1())
    key.write_bytes(pem(other))
    with pytest.raises(InputError, match="is not the key of"):
        signing_identity()

    key.write_bytes(b"no key")
    with pytest.raises(InputError, match="MIEN_C2PA_KEY holds no PEM private key"):
        signing_identity()

    key.write_bytes(good)
    certificate.write_bytes(b"no certificate")
    with pytest.raises(InputError, match="MIEN_C2PA_CERT holds no PEM certificates"):
        signing_identity()

    key.write_bytes(pem(other))
    certificate.write_bytes(plain_certificate(other, days=-1))
    with pytest.raises(InputError, match="which today is not in"):
        signing_identity()

    certificate.unlink()
    with pytest.raises(InputError, match="cannot be read"):
        signing_identity()

    monkeypatch.delenv("MIEN_C2PA_CERT")
    with pytest.raises(InputError, match="MIEN_C2PA_KEY is set and MIEN_C2PA_CERT is not"):
        signing_identity()


def test_a_certificate_that_c2pa_does_not_allow_is_found_before_the_work(
    tmp_path: Path, claim: EditClaim, monkeypatch: pytest.MonkeyPatch
) -> None:
    certificate, key = own_identity(tmp_path, monkeypatch)
    identity = check_signing()
    assert identity == signing_identity()
    sign(claim.source, claim, identity)
    assert read(claim.source)["validation_state"] == "Valid"  # type: ignore[index]

    other = ec.generate_private_key(ec.SECP256R1())
    key.write_bytes(pem(other))
    certificate.write_bytes(plain_certificate(other, days=9))  # in date, with its key, but not made for signing
    assert signing_identity().algorithm == "es256"
    with pytest.raises(InputError, match="cannot sign C2PA manifests") as refused:
        check_signing()
    assert "\n" not in str(refused.value)


def test_without_the_library_there_is_nothing_to_check(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "c2pa", None)
    assert check_signing() is None


@pytest.mark.parametrize("extension", ["mp4", "mkv"])
def test_a_claim_is_read_back(tmp_path: Path, claim: EditClaim, extension: str) -> None:
    path = tmp_path / f"happy.{extension}"
    write_clip(path, "libx264")
    assert claim_of(path) is None
    sign(path, EditClaim("director", ("happy", "AU4"), claim.source, trained_model=True))
    assert claim_of(path) == EditClaim("director", ("happy", "AU4"), path, trained_model=True)


def test_a_claim_that_cannot_be_read_is_a_warning(tmp_path: Path) -> None:
    path = tmp_path / "odd.mp4"
    path.write_bytes(b"not a video at all" * 10)
    with pytest.warns(MienWarning, match=r"odd\.mp4 cannot be read for its manifest"):
        assert claim_of(path) is None


def test_the_claim_of_a_folder_is_that_of_its_images(tmp_path: Path, claim: EditClaim) -> None:
    folder = tmp_path / "frames"
    folder.mkdir()
    assert claim_of(folder) is None
    write_picture(folder / "1.png")
    sign(folder, claim)
    found = claim_of(folder)
    assert found is not None
    assert found.emotions == claim.emotions


def pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def plain_certificate(key: ec.EllipticCurvePrivateKey, days: int) -> bytes:
    """Self-signed, valid until so many days from now, without what C2PA asks for."""
    name, now = x509.Name([]), datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=9))
        .not_valid_after(now + timedelta(days=days))
        .sign(key, hashes.SHA256())
    )
    return certificate.public_bytes(serialization.Encoding.PEM)


def test_the_library_is_loaded_only_when_it_is_needed() -> None:
    code = "import sys, mien.video.provenance; print('c2pa' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
