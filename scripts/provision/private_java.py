"""Debian's Java, unpacked instead of installed, and made to run from where it lies."""

import os
from collections.abc import Mapping
from pathlib import Path

from . import debian, truststore
from .command import note
from .failure import SetupFailure

PACKAGES = ("openjdk-17-jre-headless", "openjdk-21-jre-headless", "openjdk-25-jre-headless")


def home_in(root: Path) -> Path | None:
    """The Java home inside an unpacked tree."""
    return next((java.parent.parent.resolve() for java in sorted(root.glob("usr/lib/jvm/*/bin/java"))), None)


def repair_links(root: Path) -> list[Path]:
    """Point the tree's absolute links (Debian keeps `conf/` and `lib/security/` in /etc) at the tree's own files.

    The new links are relative, so that the tree may be moved. Those whose target is not in the tree are left and
    returned.
    """
    left = []
    for link in sorted(path for path in root.rglob("*") if path.is_symlink()):
        target = link.readlink()
        if not target.is_absolute():
            continue
        inside = root / target.relative_to(target.anchor)
        if not inside.exists() and not inside.is_symlink():
            left.append(link)
            continue
        link.unlink()
        link.symlink_to(os.path.relpath(inside, link.parent))
    return left


def trusted(root: Path, state: Path, env: Mapping[str, str]) -> list[bytes]:
    """The certificates to trust: this machine's, or on a machine without any, Debian's package of them."""
    bundle = truststore.system_bundle(env)
    if bundle:
        return truststore.certificates(bundle.read_text(encoding="utf-8", errors="replace"))
    certificates = root.parent / f"{root.name}-certificates"
    debian.unpack(["ca-certificates"], certificates, state)
    files = sorted(certificates.glob("usr/share/ca-certificates/mozilla/*.crt"))
    return truststore.certificates("\n".join(path.read_text(encoding="utf-8") for path in files))


def write_cacerts(home: Path, certificates: list[bytes]) -> None:
    """Put the trust store where Java looks, in place of the link that leads to the system's."""
    cacerts = home / "lib" / "security" / "cacerts"
    cacerts.unlink(missing_ok=True)
    cacerts.write_bytes(truststore.jks(certificates))


def unpack(root: Path, state: Path, env: Mapping[str, str]) -> None:
    """Unpack the first Java this distribution offers under `root` and repair it."""
    refusals = []
    for package in PACKAGES:
        try:
            debian.unpack([package], root, state)
        except SetupFailure as failure:
            refusals.append(str(failure))
            continue
        break
    else:
        raise SetupFailure(f"apt gives none of {', '.join(PACKAGES)}: install a Java 17 or newer.\n{refusals[0]}")
    home = home_in(root)
    if home is None:
        raise SetupFailure(f"{package} has no bin/java under {root}: install it by apt-get and run `make setup` again.")
    repair_links(root)
    certificates = trusted(root, state, env)
    write_cacerts(home, certificates)
    note(f"{package} is in {home}, trusting {len(certificates)} certificates")
