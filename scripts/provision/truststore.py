"""A Java trust store written from PEM certificates (Debian leaves it to a package script that we do not run)."""

import hashlib
import re
import ssl
import struct
from collections.abc import Iterable, Mapping
from pathlib import Path

# The JKS format, as in sun.security.provider.JavaKeyStore; Java reads it whatever its default store type is.
MAGIC, VERSION, TRUSTED = 0xFEEDFEED, 2, 2
PASSWORD = "changeit"  # every Java's public default; it guards nothing
PEM = re.compile(r"-----BEGIN CERTIFICATE-----.+?-----END CERTIFICATE-----", re.DOTALL)


def certificates(text: str) -> list[bytes]:
    """The DER certificates in a PEM bundle, each once, in order."""
    return list(dict.fromkeys(ssl.PEM_cert_to_DER_cert(block) for block in PEM.findall(text)))


def text_field(text: str) -> bytes:
    """A length-prefixed string."""
    data = text.encode()
    return struct.pack(">H", len(data)) + data


def entry(alias: str, certificate: bytes) -> bytes:
    """One trusted certificate; its date is zero, so that the same certificates give the same file."""
    head = struct.pack(">I", TRUSTED) + text_field(alias) + struct.pack(">Q", 0)
    return head + text_field("X.509") + struct.pack(">I", len(certificate)) + certificate


def jks(trusted: Iterable[bytes]) -> bytes:
    """The trust store's bytes."""
    entries = [entry(f"ca-{number:04}", certificate) for number, certificate in enumerate(trusted)]
    body = struct.pack(">III", MAGIC, VERSION, len(entries)) + b"".join(entries)
    salt = PASSWORD.encode("utf-16-be") + b"Mighty Aphrodite"  # the format's own words
    return body + hashlib.sha1(salt + body, usedforsecurity=False).digest()


def system_bundle(env: Mapping[str, str]) -> Path | None:
    """The PEM bundle this machine trusts: the user's own setting first."""
    paths = ssl.get_default_verify_paths()
    usual = ["/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt"]
    for name in [env.get("SSL_CERT_FILE"), env.get("PIP_CERT"), paths.cafile, *usual]:
        if name and Path(name).is_file():
            return Path(name)
    return None
