"""The lab's own certificate authorities, certificates and keys (ECDSA P-256)."""

import datetime as dt
import ipaddress
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from bytebridge.lab.ports import LOOPBACK

FRONT_PROXY_NAME = "front-proxy-client"
"""Common name by which the API server's aggregation layer introduces itself."""

_SERVED_NAMES = ("localhost", "kubernetes.default.svc", "metrics-server.kube-system.svc")
_LIFETIME = dt.timedelta(days=30)
# A clock that runs behind must not take a certificate for one of the future.
_BACKDATING = dt.timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class CertificateFiles:
    """PEM files of one lab.

    Two authorities, since the API server must be able to tell a client from its own front proxy.
    """

    ca: Path
    serving_certificate: Path
    serving_key: Path
    front_proxy_ca: Path
    front_proxy_certificate: Path
    front_proxy_key: Path
    service_account_key: Path


@dataclass(frozen=True, slots=True)
class _Signed:
    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey


def write_certificates(folder: Path, now: dt.datetime) -> CertificateFiles:
    """Create all certificates and keys of a lab in `folder`, readable by its owner only."""
    folder.mkdir(mode=0o700, parents=True)
    ca = _authority("bytebridge-lab", now)
    serving = _issued(ca, "localhost", ExtendedKeyUsageOID.SERVER_AUTH, now)
    front_ca = _authority("bytebridge-lab-front-proxy", now)
    front = _issued(front_ca, FRONT_PROXY_NAME, ExtendedKeyUsageOID.CLIENT_AUTH, now)
    return CertificateFiles(
        ca=_write_certificate(folder / "ca.crt", ca),
        serving_certificate=_write_certificate(folder / "serving.crt", serving),
        serving_key=_write_key(folder / "serving.key", serving.key),
        front_proxy_ca=_write_certificate(folder / "front-proxy-ca.crt", front_ca),
        front_proxy_certificate=_write_certificate(folder / "front-proxy.crt", front),
        front_proxy_key=_write_key(folder / "front-proxy.key", front.key),
        service_account_key=_write_key(
            folder / "service-account.key", ec.generate_private_key(ec.SECP256R1())
        ),
    )


def _authority(name: str, now: dt.datetime) -> _Signed:
    key = ec.generate_private_key(ec.SECP256R1())
    builder = (
        _unsigned(name, name, key, now)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_key_usage(signs_certificates=True), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )
    return _Signed(builder.sign(key, hashes.SHA256()), key)


def _issued(
    authority: _Signed, name: str, usage: x509.ObjectIdentifier, now: dt.datetime
) -> _Signed:
    key = ec.generate_private_key(ec.SECP256R1())
    issuer = authority.certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)[0].value
    addresses: list[x509.GeneralName] = [x509.IPAddress(ipaddress.ip_address(LOOPBACK))]
    names = [*addresses, *(x509.DNSName(served) for served in _SERVED_NAMES)]
    builder = (
        _unsigned(name, str(issuer), key, now)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_key_usage(signs_certificates=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([usage]), critical=False)
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(authority.key.public_key()),
            critical=False,
        )
    )
    return _Signed(builder.sign(authority.key, hashes.SHA256()), key)


def _unsigned(
    name: str, issuer: str, key: ec.EllipticCurvePrivateKey, now: dt.datetime
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(_common_name(name))
        .issuer_name(_common_name(issuer))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _BACKDATING)
        .not_valid_after(now + _LIFETIME)
    )


def _common_name(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def _key_usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=True,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        encipher_only=False,
        decipher_only=False,
    )


def _write_certificate(path: Path, signed: _Signed) -> Path:
    path.write_bytes(signed.certificate.public_bytes(serialization.Encoding.PEM))
    return path


def _write_key(path: Path, key: ec.EllipticCurvePrivateKey) -> Path:
    path.touch(mode=0o600)
    path.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.TraditionalOpenSSL,
            serialization.NoEncryption(),
        )
    )
    return path
