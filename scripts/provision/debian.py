"""Debian packages without installing them: downloaded by apt, unpacked by dpkg, nothing of the system changed."""

import os
import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path

from .checkout import clean_environment
from .command import attempt, note, run
from .failure import SetupFailure

# Hooks of the system's own apt (docker-clean, packagekit, …) must not run for our private lists.
HOOKS = ("APT::Update::Pre-Invoke", "APT::Update::Post-Invoke", "APT::Update::Post-Invoke-Success")


def available() -> bool:
    """Whether this is a machine with apt and dpkg."""
    return bool(shutil.which("apt-get") and shutil.which("dpkg"))


def sandbox_options() -> list[str]:
    """As root, apt would switch to a user who may not enter our folder."""
    return ["-o", "APT::Sandbox::User=root"] if os.geteuid() == 0 else []


def private_options(state: Path) -> list[str]:
    """Options that keep apt's lists and caches in a folder of ours; sources, keys and proxies stay the system's."""
    for folder in ("lists/partial", "cache/archives/partial"):
        (state / folder).mkdir(parents=True, exist_ok=True)
    hooks = state / "no-hooks.conf"
    hooks.write_text("".join(f"#clear {name};\n" for name in HOOKS), encoding="utf-8")
    return [
        "-c", str(hooks), *sandbox_options(),
        "-o", f"Dir::State={state}", "-o", f"Dir::State::lists={state / 'lists'}",
        "-o", "Dir::State::status=/var/lib/dpkg/status", "-o", f"Dir::Cache={state / 'cache'}",
    ]  # fmt: skip


def download(packages: Sequence[str], into: Path, state: Path) -> list[Path]:
    """The packages' `.deb` files in `into`; private lists stand in for the system's where those fail."""
    env = {**clean_environment(), "LC_ALL": "C"}
    argv = ["apt-get", "-qq", *sandbox_options(), "download", *packages]
    if attempt(argv, env, into).returncode:
        note("apt's lists are missing or out of date: reading fresh ones into .cache/tools/apt")
        private = private_options(state)
        run(["apt-get", "-qq", *private, "update"], "reading apt's package lists", env, into)
        run(["apt-get", "-qq", *private, "download", *packages], f"downloading {' '.join(packages)}", env, into)
    return sorted(into.glob("*.deb"))


def unpack(packages: Sequence[str], root: Path, state: Path) -> None:
    """Download the packages and unpack them under `root`, which appears only when all of it is there."""
    if root.exists():
        shutil.rmtree(root)
    root.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=root.parent, prefix="unpacking-") as folder:
        debs, tree = Path(folder) / "debs", Path(folder) / "tree"
        debs.mkdir()
        for deb in download(packages, debs, state):
            run(["dpkg", "-x", deb, tree], f"unpacking {deb.name}")
        if not tree.exists():
            raise SetupFailure(f"apt-get downloaded nothing: try `apt-get download {' '.join(packages)}` by hand.")
        tree.rename(root)
