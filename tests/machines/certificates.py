"""Certificates for Dask: an authority of the test's own and what it signed, in files their owner alone can read."""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID


@dataclass(frozen=True)
class Certificates:
    """Paths of the authority's certificate, and of a certificate it signed with its key."""

    ca: Path
    cert: Path
    key: Path

    def options(self) -> list[str]:
        """The same for Dask's commands."""
        return ["--tls-ca-file", str(self.ca), "--tls-cert", str(self.cert), "--tls-key", str(self.key)]


def certificates(folder: Path) -> Certificates:
    """Make an authority, and one certificate for scheduler, workers and clients alike, as Dask's own temporary one."""
    folder.mkdir(mode=0o700)
    ca_key, key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    name, issuer = _named("scalebridge test"), _named("authority of a test")
    authority = _begun(issuer, issuer, ca_key.public_key())
    authority = authority.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
    signed = _begun(name, issuer, key.public_key())
    signed = signed.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
    made = Certificates(folder / "ca.pem", folder / "cert.pem", folder / "key.pem")
    _write(made.ca, authority.sign(ca_key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM))
    _write(made.cert, signed.sign(ca_key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM))
    form = serialization.PrivateFormat.PKCS8
    _write(made.key, key.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption()))
    return made


def _named(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _begun(subject: x509.Name, issuer: x509.Name, public: ec.EllipticCurvePublicKey) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(public)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(minutes=5))
        .not_valid_after(now + timedelta(days=1))
    )


def _write(path: Path, content: bytes) -> None:
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(content)
