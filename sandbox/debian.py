"""Debian packages unpacked into a private folder: nothing of the system is changed and root is not needed.

`apt-get --simulate install` says which packages the machine lacks, `apt-get download` fetches them, `dpkg -x` unpacks
them.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

from sandbox.server import Unavailable


def unpack(packages: Sequence[str], into: Path) -> Path:
    """Have `packages` and what they need beyond this system under `into`; the folder. Done once."""
    done = into / ".unpacked"
    if done.is_file() and done.read_text() == " ".join(packages):
        return into
    for program in ("apt-get", "dpkg"):
        if not shutil.which(program):
            raise Unavailable(f"{' '.join(packages)} cannot be fetched: this machine has no {program}")
    shutil.rmtree(into, ignore_errors=True)
    archives = into / "archives"
    archives.mkdir(parents=True)
    _download(packages, archives)
    for archive in sorted(archives.glob("*.deb")):
        subprocess.run(["dpkg", "-x", str(archive), str(into)], check=True)
    shutil.rmtree(archives)
    done.write_text(" ".join(packages))
    return into


def library_path(unpacked: Path) -> str:
    """`LD_LIBRARY_PATH` for programs below `unpacked`."""
    found = [*sorted(unpacked.glob("usr/lib/*-linux-gnu")), *sorted(unpacked.glob("lib/*-linux-gnu"))]
    return os.pathsep.join(str(folder) for folder in found)


def _download(packages: Sequence[str], archives: Path) -> None:
    """With the system's package lists first; when they are missing or stale, with fresh ones of our own."""
    first = _try_download(packages, archives, options=[])
    if not first:
        return
    options = _private_lists(archives.parent / "apt")
    update = _apt([*options, "update"], archives)
    error = _try_download(packages, archives, options)
    if error:
        reason = (error + update.stderr).strip().splitlines()
        raise Unavailable(f"apt cannot fetch {' '.join(packages)}: {reason[0] if reason else first}")


def _try_download(packages: Sequence[str], archives: Path, options: list[str]) -> str:
    """Empty when all went well, else what apt said."""
    simulated = _apt(
        [*options, "--simulate", "--no-install-recommends", "-o", "Debug::NoLocking=1", "install", *packages], archives
    )
    if simulated.returncode:
        return simulated.stderr or "apt-get --simulate failed"
    missing = {line.split()[1] for line in simulated.stdout.splitlines() if line.startswith("Inst ")}
    fetched = _apt([*options, "download", *sorted(missing | set(packages))], archives)
    return (fetched.stderr or "apt-get download failed") if fetched.returncode else ""


def _private_lists(state: Path) -> list[str]:
    for folder in ("lists/partial", "cache/archives/partial"):
        (state / folder).mkdir(parents=True, exist_ok=True)
    return ["-o", f"Dir::State::Lists={state}/lists", "-o", f"Dir::Cache={state}/cache"]


def _apt(arguments: list[str], cwd: Path) -> subprocess.CompletedProcess[str]:
    # apt would drop to the user `_apt`, who may not write below a private folder.
    command = ["apt-get", "-q", "-o", "APT::Sandbox::User=root", *arguments]
    return subprocess.run(
        command, cwd=cwd, capture_output=True, text=True, check=False, env={**os.environ, "LC_ALL": "C"}
    )


def unpack_suite(packages: Sequence[str], suite: str, into: Path) -> Path:
    """Have `packages` of another suite of the mirror that this Debian uses, with all that they need down to the C library,
    under `into`; the folder. Done once. Programs start by `loader`."""
    done = into / ".unpacked"
    if done.is_file() and done.read_text() == " ".join((suite, *packages)):
        return into
    for program in ("apt-get", "dpkg"):
        if not shutil.which(program):
            raise Unavailable(f"{' '.join(packages)} of {suite} cannot be fetched: this machine has no {program}")
    shutil.rmtree(into, ignore_errors=True)
    state = into / "apt"
    options = _suite(suite, state)
    for step in (["update"], ["--download-only", "--yes", "--no-install-recommends", "install", *packages]):
        run = _apt([*options, *step], state)
        errors = [line for line in run.stderr.splitlines() if line.startswith("E: ")]
        if run.returncode or errors:
            raise Unavailable(f"apt cannot fetch {' '.join(packages)} of {suite}: {(errors or ['it failed'])[0]}")
    for archive in sorted((state / "cache" / "archives").glob("*.deb")):
        subprocess.run(["dpkg", "-x", str(archive), str(into)], check=True)
    shutil.rmtree(state)
    done.write_text(" ".join((suite, *packages)))
    return into


def loader(unpacked: Path) -> list[str]:
    """The command in front of a program below `unpacked` that runs it with the libraries that lie there."""
    found = sorted(unpacked.glob("usr/lib*/ld-linux-*.so.*")) + sorted(unpacked.glob("usr/lib/*-linux-gnu/ld-linux-*.so.*"))
    if not found:
        raise Unavailable(f"there is no dynamic loader below {unpacked}")
    return [str(found[0]), "--library-path", library_path(unpacked)]


def _suite(suite: str, state: Path) -> list[str]:
    """Options for an apt with one source and nothing installed."""
    for folder in ("lists/partial", "cache/archives/partial"):
        (state / folder).mkdir(parents=True)
    (state / "status").touch()
    targets = _apt(["indextargets", "--format", "$(REPO_URI)", "Created-By: Packages"], state).stdout.split()
    if not targets:
        raise Unavailable(f"this machine's apt has no source to take {suite} from")
    keys = Path("/usr/share/keyrings/debian-archive-keyring.gpg")
    signed = f" [signed-by={keys}]" if keys.is_file() else ""
    (state / "sources.list").write_text(f"deb{signed} {targets[0]} {suite} main\n")
    settings = {
        "Dir::Etc::SourceList": state / "sources.list",
        "Dir::Etc::SourceParts": "-",
        "Dir::State": state,
        "Dir::State::Status": state / "status",
        "Dir::Cache": state / "cache",
    }
    return [part for name, value in settings.items() for part in ("-o", f"{name}={value}")]
