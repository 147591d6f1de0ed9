"""A certificate authority of our own and a server certificate for 127.0.0.1, by the openssl command."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

from sandbox.server import Unavailable

# Written out in full: Python 3.13 refuses a chain without key usage and key identifiers.
_CONFIG = """\
[req]
distinguished_name = name
prompt = no
[name]
CN = washplant-sandbox
[ca]
basicConstraints = critical, CA:TRUE
keyUsage = critical, keyCertSign, cRLSign
subjectKeyIdentifier = hash
[server]
basicConstraints = critical, CA:FALSE
keyUsage = critical, digitalSignature, keyEncipherment
extendedKeyUsage = serverAuth
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
subjectAltName = DNS:localhost, IP:127.0.0.1
"""


def certificates(folder: Path) -> Path:
    """Have `ca.pem`, `server.pem` and `server.key` in `folder`; the folder. Done once."""
    if (folder / "server.pem").is_file():
        return folder
    if not shutil.which("openssl"):
        raise Unavailable("TLS needs the openssl command, which this machine does not have")
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o700)
    config = folder / "openssl.cnf"
    config.write_text(_CONFIG)
    for command in (
        "req -x509 -newkey rsa:2048 -nodes -days 3650 -config openssl.cnf -extensions ca -keyout ca.key -out ca.pem",
        "req -newkey rsa:2048 -nodes -config openssl.cnf -subj /CN=localhost -keyout server.key -out server.csr",
        "x509 -req -in server.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 3650 -extfile openssl.cnf"
        " -extensions server -out server.pem",
    ):
        subprocess.run(["openssl", *command.split(" ")], cwd=folder, check=True, capture_output=True)
    return folder
