"""Chromium with Chinese fonts, to look at pages as people do: the system's, else Debian's packages unpacked privately."""

from __future__ import annotations

import fcntl
import subprocess
from dataclasses import dataclass
from pathlib import Path

from sandbox import debian
from sandbox.server import Unavailable, root

PACKAGES = ("chromium", "fonts-noto-cjk")

# A page is drawn with the fonts that fontconfig names; Debian's own file names the system's folders only.
_FONTS = """\
<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig>
  <dir>{usr}/share/fonts</dir>
  <dir>/usr/share/fonts</dir>
  <cachedir>{home}/fonts-cache</cachedir>
</fontconfig>
"""


@dataclass(frozen=True)
class Chromium:
    """A browser's program and the variables that it needs."""

    program: Path
    env: dict[str, str]


def chromium(home: Path | None = None) -> Chromium:
    """A browser that starts. Raises Unavailable where this machine cannot have one."""
    home = home or root() / "chromium"
    system = Chromium(Path("/usr/lib/chromium/chromium"), {})
    if system.program.is_file() and any(Path("/usr/share/fonts").rglob("*CJK*")):
        return system
    home.mkdir(parents=True, exist_ok=True)
    with (home / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        return _private(home)


def _private(home: Path) -> Chromium:
    unpacked = debian.unpack(PACKAGES, home / "root")
    fonts = home / "fonts.conf"
    fonts.write_text(_FONTS.format(usr=unpacked / "usr", home=home))
    program = unpacked / "usr" / "lib" / "chromium" / "chromium"
    made = Chromium(program, {"LD_LIBRARY_PATH": debian.library_path(unpacked), "FONTCONFIG_FILE": str(fonts)})
    tried = subprocess.run([program, "--version"], env=made.env, capture_output=True, text=True, check=False)
    if tried.returncode:
        raise Unavailable(f"Chromium was unpacked and does not start: {tried.stderr.strip()[-300:]}")
    return made
