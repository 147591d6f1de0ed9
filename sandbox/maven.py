"""Jars by Maven, so that the user's mirrors and caches (`settings.xml`) count; Maven itself unpacked privately if missing."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

from sandbox import debian
from sandbox.server import Unavailable, root

_DEPENDENCY = (
    "<dependency><groupId>{}</groupId><artifactId>{}</artifactId><version>{}</version>"
    # Every jar is listed by itself: what it would pull in is not wanted.
    "<exclusions><exclusion><groupId>*</groupId><artifactId>*</artifactId></exclusion></exclusions></dependency>"
)
_POM = (
    '<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion>'
    "<groupId>washplant</groupId><artifactId>sandbox</artifactId><version>1</version>"
    "<dependencies>{}</dependencies></project>"
)
_TIMEOUT_S = 900


def coordinates(name: str) -> list[str]:
    """The `group:artifact:version` lines of `jars/<name>.txt`."""
    lines = (Path(__file__).parent / "jars" / f"{name}.txt").read_text().splitlines()
    return [line.strip() for line in lines if line.strip() and not line.startswith("#")]


def jars(wanted: Sequence[str], into: Path) -> Path:
    """Have exactly the jars `group:artifact:version` in the folder `into`. Done once. Raises Unavailable."""
    done = into / ".complete"
    if done.is_file() and done.read_text() == "\n".join(wanted):
        return into
    shutil.rmtree(into, ignore_errors=True)
    into.mkdir(parents=True)
    pom = into / "pom.xml"
    pom.write_text(_POM.format("".join(_DEPENDENCY.format(*line.split(":")) for line in wanted)))
    command = [_program(), "-q", "-B", "-f", str(pom), "dependency:copy-dependencies", f"-DoutputDirectory={into}"]
    run = subprocess.run(command, capture_output=True, text=True, check=False, timeout=_TIMEOUT_S)
    if run.returncode:
        said = [line for line in (run.stdout + run.stderr).splitlines() if line.startswith("[ERROR]")]
        raise Unavailable(f"Maven cannot fetch {len(wanted)} jars: {said[0] if said else run.stderr[-300:]}")
    done.write_text("\n".join(wanted))
    return into


def _program() -> str:
    found = shutil.which("mvn")
    if found:
        return found
    private = debian.unpack(("maven", "libmaven-dependency-plugin-java"), root() / "maven")
    home = private / "usr" / "share" / "maven"
    for link in (path for folder in (home, home / "bin") for path in folder.iterdir() if path.is_symlink()):
        target = str(link.readlink())
        if target.startswith("/etc/"):  # Debian's links lead into the system's /etc, where this Maven is not
            link.unlink()
            link.symlink_to(private / target.removeprefix("/"))
    return str(home / "bin" / "mvn")
