"""The user's package mirrors: pip's settings, said again in uv's words, because uv does not read pip's."""

import configparser
import os
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Translation:
    """One pip option, the uv variable that means the same, and the variables that show the user has already decided."""

    option: str
    variable: str
    separator: str | None = None  # how uv separates several values; None: a single value
    decided_by: tuple[str, ...] = ()


# Separators: uv's "Environment variables" reference.
TRANSLATIONS = (
    Translation("index-url", "UV_DEFAULT_INDEX", decided_by=("UV_INDEX_URL",)),
    Translation("extra-index-url", "UV_INDEX", " ", ("UV_EXTRA_INDEX_URL",)),
    Translation("find-links", "UV_FIND_LINKS", ","),
    Translation("no-index", "UV_NO_INDEX"),
    Translation("trusted-host", "UV_INSECURE_HOST", " "),
    Translation("cert", "SSL_CERT_FILE", decided_by=("SSL_CERT_DIR", "UV_SYSTEM_CERTS", "UV_NATIVE_TLS")),
    Translation("client-cert", "SSL_CLIENT_CERT"),
    Translation("proxy", "ALL_PROXY", decided_by=("HTTPS_PROXY", "https_proxy", "all_proxy")),
)
SECTIONS = ("global", "install")  # what `pip install` reads, later wins


def config_files(env: Mapping[str, str], home: Path, prefix: Path, platform: str = sys.platform) -> Iterator[Path]:
    """pip's configuration files in the order it reads them (pip documentation, "Configuration")."""
    chosen = env.get("PIP_CONFIG_FILE")
    if chosen == os.devnull:
        return
    mac = platform == "darwin"
    if mac:
        yield Path("/Library/Application Support/pip/pip.conf")
    else:
        for folder in env.get("XDG_CONFIG_DIRS", "/etc/xdg").split(":"):
            yield Path(folder) / "pip" / "pip.conf"
    yield Path("/etc/pip.conf")
    yield home / ".pip" / "pip.conf"
    mac_folder = home / "Library" / "Application Support" / "pip"
    if mac and mac_folder.is_dir():
        yield mac_folder / "pip.conf"
    else:
        yield Path(env.get("XDG_CONFIG_HOME") or home / ".config") / "pip" / "pip.conf"
    yield prefix / "pip.conf"
    if chosen:
        yield Path(chosen)


def pip_options(files: Iterator[Path], env: Mapping[str, str]) -> dict[str, str]:
    """pip's effective options: files first, `PIP_…` variables over them."""
    found: dict[str, dict[str, str]] = {section: {} for section in SECTIONS}
    for path in files:
        parser = configparser.RawConfigParser()  # raw: a % in a password is a %
        parser.read(path, encoding="utf-8")
        for section in SECTIONS:
            if parser.has_section(section):
                found[section].update({key.replace("_", "-"): value for key, value in parser.items(section)})
    options = {**found["global"], **found["install"]}
    for name, value in env.items():
        if name.startswith("PIP_") and value:
            options[name.removeprefix("PIP_").lower().replace("_", "-")] = value
    return options


def present(link: str) -> bool:
    """Whether a find-links entry can be read: pip passes over a folder that is not there, uv stops at it."""
    return "://" in link or Path(link).expanduser().exists()


def uv_value(translation: Translation, text: str) -> str:
    """One option's text as uv wants it; empty when there is nothing to say."""
    values = text.split()
    if translation.option == "find-links":
        values = [str(Path(link).expanduser()) if "://" not in link else link for link in values if present(link)]
    if translation.option == "no-index":
        return "true" if text.strip().lower() in {"1", "true", "yes", "on"} else ""
    if translation.separator is None:
        return text.strip()
    return translation.separator.join(values)


def translate(options: Mapping[str, str], env: Mapping[str, str]) -> dict[str, str]:
    """The uv variables to add; one that the user has set, under any of its names, is left alone."""
    added = {}
    for translation in TRANSLATIONS:
        decided = any(env.get(name) for name in (translation.variable, *translation.decided_by))
        value = uv_value(translation, options.get(translation.option, ""))
        if value and not decided:
            added[translation.variable] = value
    return added


def uv_mirrors(env: Mapping[str, str]) -> dict[str, str]:
    """The uv variables that make uv use the mirrors pip would use on this machine."""
    files = config_files(env, Path.home(), Path(sys.base_prefix))
    return translate(pip_options(files, env), env)
