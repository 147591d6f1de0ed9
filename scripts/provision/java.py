"""Java 17 or newer for Spark: the user's, the machine's, or a private one unpacked from Debian's packages."""

import os
import re
import shutil
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

from . import debian, private_java
from .checkout import Checkout, clean_environment
from .command import attempt, note
from .failure import SetupFailure

OLDEST = 17
PREFERRED = (17, 21)  # what Spark itself is tested on, before anything newer
USUAL = (
    "/usr/lib/jvm/*",
    "/usr/lib64/jvm/*",
    "/usr/java/*",
    "/opt/java/*",
    "/opt/jdk*",
    "~/.sdkman/candidates/java/*",
    "~/.jdks/*",
    "/Library/Java/JavaVirtualMachines/*/Contents/Home",
    "/opt/homebrew/opt/openjdk*/libexec/openjdk.jdk/Contents/Home",
    "/usr/local/opt/openjdk*/libexec/openjdk.jdk/Contents/Home",
)


def major(version: str) -> int:
    """`17.0.15` -> 17, `1.8.0_292` -> 8, `25-ea` -> 25; 0 for anything else."""
    found = re.match(r"(?:1\.)?(\d+)", version.strip().strip('"'))
    return int(found[1]) if found else 0


def ask(program: str | Path) -> tuple[Path, int] | None:
    """What a java program says its home and version are; None when it does not start."""
    done = attempt([program, "-XshowSettings:properties", "-version"], clean_environment())
    said = dict(re.findall(r"^\s+(java\.home|java\.version) = (.+?)\s*$", done.stderr, re.MULTILINE))
    if done.returncode or len(said) < 2:
        return None
    return Path(said["java.home"]), major(said["java.version"])


def version_of(home: Path) -> int:
    """A Java home's major version, 0 when it is none; the `release` file spares starting a JVM."""
    if not os.access(home / "bin" / "java", os.X_OK):
        return 0
    release = home / "release"
    if release.is_file():
        found = re.search(r'^JAVA_VERSION="(.+?)"', release.read_text(encoding="utf-8", errors="replace"), re.MULTILINE)
        if found:
            return major(found[1])
    answer = ask(home / "bin" / "java")
    return answer[1] if answer else 0


def on_path(env: Mapping[str, str]) -> Path | None:
    """The home of PATH's java: by its real place, or, for the shims of jenv, asdf and macOS, by asking it."""
    program = shutil.which("java", path=env.get("PATH", ""))
    if not program:
        return None
    home = Path(program).resolve().parent.parent
    if (home / "release").is_file():
        return home
    answer = ask(program)
    return answer[0] if answer else None


def usual_homes(patterns: tuple[str, ...] = USUAL) -> list[Path]:
    """Java homes in the usual folders, the preferred versions first."""
    homes = {}
    for pattern in patterns:
        path = Path(pattern).expanduser()
        for home in Path(path.anchor).glob(str(path.relative_to(path.anchor))):
            homes[home.resolve()] = version_of(home)
    ranked = sorted(homes, key=lambda home: (homes[home] not in PREFERRED, homes[home], str(home)))
    return [home for home in ranked if homes[home] >= OLDEST]


def macos_home() -> Path | None:
    """What macOS's own finder says."""
    done = attempt(["/usr/libexec/java_home", "-v", f"{OLDEST}+"], clean_environment())
    return Path(done.stdout.strip()) if done.returncode == 0 and done.stdout.strip() else None


def candidates(env: Mapping[str, str], checkout: Checkout) -> Iterator[Path | None]:
    """Java homes in order of the user's intent: said, on PATH, installed, ours."""
    if env.get("JAVA_HOME"):
        yield Path(env["JAVA_HOME"])
    yield on_path(env)
    if sys.platform == "darwin":
        yield macos_home()
    yield from usual_homes()
    yield private_java.home_in(checkout.java)


def find(env: Mapping[str, str], checkout: Checkout) -> Path | None:
    """The first Java home that is new enough."""
    return next((home for home in candidates(env, checkout) if home and version_of(home) >= OLDEST), None)


def provide(env: Mapping[str, str], checkout: Checkout) -> Path:
    """A Java home; one is unpacked privately where the machine has none and apt can give it."""
    said = env.get("JAVA_HOME")
    if said and version_of(Path(said)) < OLDEST:
        note(f"JAVA_HOME={said} is not a Java {OLDEST} or newer: looking for another")
    home = find(env, checkout)
    if home:
        return home
    if sys.platform == "darwin":
        raise SetupFailure(
            f"no Java {OLDEST} or newer found: run `brew install openjdk@{OLDEST}`, then `make setup` again."
        )
    if not debian.available():
        raise SetupFailure(
            f"no Java {OLDEST} or newer found through JAVA_HOME, PATH or /usr/lib/jvm: install one (for example the "
            f"package java-{OLDEST}-openjdk-headless) and run `make setup` again."
        )
    note("no Java found: unpacking Debian's into .cache/java (about 45 MB; the system is not changed)")
    private_java.unpack(checkout.java, checkout.tools / "apt", env)
    home = private_java.home_in(checkout.java)
    if not home or not ask(home / "bin" / "java"):
        raise SetupFailure(
            f"the Java unpacked in {checkout.java} does not start: install the package openjdk-{OLDEST}-jre-headless, "
            "delete that folder and run `make setup` again."
        )
    return home
