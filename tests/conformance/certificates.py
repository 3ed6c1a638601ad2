"""Certificates for the sign-in checks, made by `cryptography` (OpenSSL): app.pem, app.pfx, other.pem in a folder."""

import datetime
import pathlib
import sys

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import pkcs12

PASSWORD = b"CANARY password"


def make(name):
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    now = datetime.datetime.now(datetime.timezone.utc)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(hours=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    return key, certificate


def pem(key, certificate):
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return private + certificate.public_bytes(serialization.Encoding.PEM)


folder = pathlib.Path(sys.argv[1])
folder.mkdir(parents=True, exist_ok=True)
own = make("app.example")
(folder / "app.pem").write_bytes(pem(*own))
(folder / "app.pfx").write_bytes(
    pkcs12.serialize_key_and_certificates(
        b"app", own[0], own[1], None, serialization.BestAvailableEncryption(PASSWORD)
    )
)
(folder / "other.pem").write_bytes(pem(*make("other.example")))
