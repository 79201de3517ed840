"""Who signs: the certificate chain and key behind the provenance manifests of ``mien.video.provenance``.

The user's own, named by the settings ``MIEN_C2PA_CERT`` and ``MIEN_C2PA_KEY``, or one that mien makes for this user
and keeps in the user's settings folder. A self-made identity proves that the file has not changed since it was
signed, and nothing about who signed it: validators call the signer untrusted. All of a user's files made with it
carry the same certificate; deleting the identity file gives the next ones a new one.

The profile of the certificates is that of C2PA Technical Specification 2.2, section 14.5.1.
"""

from __future__ import annotations

import contextlib
import os
import tempfile
import warnings
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from platformdirs import user_config_path

from mien.errors import InputError
from mien.video.info import MienWarning

CERTIFICATE_SETTING = "MIEN_C2PA_CERT"
KEY_SETTING = "MIEN_C2PA_KEY"
CONFIG_SETTING = "MIEN_CONFIG"

_C2PA_SIGNING = x509.ObjectIdentifier("1.3.6.1.4.1.62558.2.1")
_ORGANISATION = "mien self-made identity"
# Without a time-stamping authority a manifest counts as valid only while its certificate is: so it lives long, and is
# replaced a year before its end.
_LIFETIME = timedelta(days=20 * 365)
_RENEWAL = timedelta(days=365)


@dataclass(frozen=True, slots=True)
class Identity:
    """A certificate chain with the private key of its first certificate.

    Attributes:
        chain: PEM certificates, the signer's first.
        key: The signer's private key, PEM, PKCS #8, not encrypted.
        algorithm: C2PA's name of the signature algorithm: ``es256``, ``es384``, ``es512``, ``ps256`` or ``ed25519``.
        self_made: Whether mien made it, so that no validator trusts the signer.
    """

    chain: bytes
    key: bytes = field(repr=False)
    algorithm: str
    self_made: bool


def config_folder() -> Path:
    """The folder of the user's own settings: ``MIEN_CONFIG``, or the platform's usual place."""
    chosen = os.environ.get(CONFIG_SETTING)
    return Path(chosen) if chosen else user_config_path("mien", appauthor=False)


def signing_identity() -> Identity:
    """The identity that signs this user's outputs: the one named by the settings, else the self-made one.

    Raises:
        InputError: A setting names a file that is missing or not of its form, or only one of the two is set.
    """
    certificate, key = os.environ.get(CERTIFICATE_SETTING), os.environ.get(KEY_SETTING)
    if bool(certificate) != bool(key):
        given, missing = (CERTIFICATE_SETTING, KEY_SETTING) if certificate else (KEY_SETTING, CERTIFICATE_SETTING)
        raise InputError(
            f"{given} is set and {missing} is not: set both, or neither to sign with a self-made identity."
        )
    if certificate and key:
        return _parse(_read(certificate, CERTIFICATE_SETTING), _read(key, KEY_SETTING), self_made=False)
    return _self_made()


def _read(path: str, setting: str) -> bytes:
    try:
        return Path(path).expanduser().read_bytes()
    except OSError as error:
        raise InputError(f"{setting} names {path}, which cannot be read ({error.strerror}).") from error


def _parse(chain: bytes, key: bytes, *, self_made: bool) -> Identity:
    """Checks that chain and key are PEM, belong together and are in date."""
    try:
        signer = x509.load_pem_x509_certificates(chain)[0]
    except ValueError as error:
        raise InputError(f"{CERTIFICATE_SETTING} holds no PEM certificates ({error}).") from error
    try:
        private = serialization.load_pem_private_key(key, password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise InputError(f"{KEY_SETTING} holds no PEM private key without a password ({error}).") from error
    if private.public_key() != signer.public_key():
        raise InputError(f"{KEY_SETTING} is not the key of the first certificate in {CERTIFICATE_SETTING}.")
    if not signer.not_valid_before_utc <= datetime.now(UTC) <= signer.not_valid_after_utc:
        raise InputError(
            f"The certificate in {CERTIFICATE_SETTING} is valid from {signer.not_valid_before_utc:%Y-%m-%d} to "
            f"{signer.not_valid_after_utc:%Y-%m-%d}, which today is not in: name one that is."
        )
    return Identity(chain=chain, key=_pem(private), algorithm=_algorithm(private), self_made=self_made)


def _algorithm(private: PrivateKeyTypes) -> str:
    if isinstance(private, ec.EllipticCurvePrivateKey):
        names = {"secp256r1": "es256", "secp384r1": "es384", "secp521r1": "es512"}
        if private.curve.name in names:
            return names[private.curve.name]
    if isinstance(private, rsa.RSAPrivateKey):
        return "ps256"
    if isinstance(private, ed25519.Ed25519PrivateKey):
        return "ed25519"
    raise InputError(f"{KEY_SETTING} holds a key that C2PA does not allow: use P-256, P-384, P-521, RSA or Ed25519.")


def _pem(private: PrivateKeyTypes) -> bytes:
    return private.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def _self_made() -> Identity:
    """The kept identity of this user, made on first use and again near the end of its life."""
    path = config_folder() / "c2pa-identity.pem"
    with contextlib.suppress(OSError, ValueError, IndexError, InputError):
        kept = path.read_bytes()
        signer = x509.load_pem_x509_certificates(kept)[0]
        if signer.not_valid_after_utc - datetime.now(UTC) > _RENEWAL:
            start = kept.index(b"-----BEGIN PRIVATE KEY-----")
            return _parse(kept[:start], kept[start:], self_made=True)
    made = _make()
    try:
        _keep(path, made.chain + made.key)
    except OSError as error:
        text = f"The signing identity cannot be kept in {path.parent} ({error.strerror}): it is used for this run only."
        warnings.warn(text, MienWarning, stacklevel=4)
    return made


def _keep(path: Path, content: bytes) -> None:
    """Writes a file that its owner alone may read, whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".identity-")  # mkstemp gives it rights 0600
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        os.replace(name, path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def _make() -> Identity:
    """A new root, and a signer below it. The root's key is forgotten at once: nothing else can be issued under it."""
    root_key, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    root_name, name = _name("root"), _name("signer")
    root = (
        _certificate(root_name, root_name, root_key.public_key(), root_key)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(key_cert_sign=True), critical=True)
        .sign(root_key, hashes.SHA256())
    )
    signer = (
        _certificate(name, root_name, key.public_key(), root_key)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(digital_signature=True), critical=True)
        .add_extension(
            x509.ExtendedKeyUsage(
                [_C2PA_SIGNING, ExtendedKeyUsageOID.EMAIL_PROTECTION]
            ),  # older validators know e-mail
            critical=False,
        )
        .sign(root_key, hashes.SHA256())
    )
    chain = b"".join(each.public_bytes(serialization.Encoding.PEM) for each in (signer, root))
    return Identity(chain=chain, key=_pem(key), algorithm="es256", self_made=True)


def _name(role: str) -> x509.Name:
    return x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, _ORGANISATION),
            x509.NameAttribute(NameOID.COMMON_NAME, f"mien {role}"),
        ]
    )


def _certificate(
    subject: x509.Name,
    issuer: x509.Name,
    public: ec.EllipticCurvePublicKey,
    issuer_key: ec.EllipticCurvePrivateKey,
) -> x509.CertificateBuilder:
    start = datetime.now(UTC) - timedelta(days=1)  # the clock of another machine may be behind
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(public)
        .serial_number(x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(start + _LIFETIME)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key()), critical=False)
    )


def _usage(*, digital_signature: bool = False, key_cert_sign: bool = False) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=digital_signature,
        key_cert_sign=key_cert_sign,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        crl_sign=False,
        encipher_only=False,
        decipher_only=False,
    )
