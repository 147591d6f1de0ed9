"""The setup's own logic: mirrors, versions, stamps, and a Java that was unpacked instead of installed."""

import ast
import hashlib
import os
import shutil
import ssl
import subprocess
import sys
from pathlib import Path

import pytest

from scripts.provision import debian, java, mirrors, pip, private_java, setup, truststore, uv
from scripts.provision.checkout import ROOT, Checkout, clean_environment
from scripts.provision.command import attempt, run
from scripts.provision.failure import SetupFailure

MIRROR = "https://mirror.example/simple"
PEM = """-----BEGIN CERTIFICATE-----
AAECAwQFBgc=
-----END CERTIFICATE-----
"""


def make_checkout(root: Path) -> Checkout:
    """A checkout that looks as if its setup had ended well."""
    checkout = Checkout(root)
    for path in (*checkout.locks, root / "pyproject.toml", checkout.python):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(path.name, encoding="utf-8")
    checkout.stamp.write_text(setup.fingerprint(checkout), encoding="utf-8")
    return checkout


def make_java(home: Path, version: str) -> Path:
    """A Java home as far as the finder looks."""
    (home / "bin").mkdir(parents=True)
    (home / "bin" / "java").write_text("#!/bin/sh\nexit 1\n", encoding="utf-8")
    (home / "bin" / "java").chmod(0o755)
    (home / "release").write_text(f'IMPLEMENTOR="x"\nJAVA_VERSION="{version}"\n', encoding="utf-8")
    return home


# ------------------------------------------------------------------------------------------------ versions


@pytest.mark.parametrize(
    ("text", "expected"),
    [("17.0.15", 17), ("1.8.0_292", 8), ("25-ea", 25), ('"21"', 21), ("11", 11), ("", 0), ("x", 0)],
)
def test_java_major_version(text: str, expected: int) -> None:
    assert java.major(text) == expected


def test_uv_and_python_versions() -> None:
    assert uv.version("uv 0.13.9 (x86_64-unknown-linux-gnu)") == (0, 13)
    assert uv.version("command not found") == (0, 0)
    assert setup.python_version("Python 3.11.7 (main)") == (3, 11)
    assert setup.python_version("") == (0, 0)


def test_bootstrap_parses_on_python_3_6() -> None:
    ast.parse((ROOT / "scripts" / "bootstrap.py").read_text(encoding="utf-8"), feature_version=(3, 6))


def test_scripts_need_only_the_standard_library() -> None:
    ours = {"scripts"}
    # make_reference.py documents the installed product, so it runs in the environment that the others make.
    for path in sorted(set((ROOT / "scripts").rglob("*.py")) - {ROOT / "scripts" / "make_reference.py"}):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom) and node.level == 0:
                names = [node.module or ""]
            foreign = {name.split(".")[0] for name in names} - set(sys.stdlib_module_names) - ours
            assert not foreign, f"{path} imports {foreign}"


def test_an_old_python_without_a_newer_one_is_answered_in_one_sentence(tmp_path: Path) -> None:
    code = (
        "import runpy, sys; sys.version_info = (3, 8, 1); "
        f"sys.argv = ['bootstrap']; runpy.run_path({str(ROOT / 'scripts' / 'bootstrap.py')!r}, run_name='__main__')"
    )
    done = attempt([sys.executable, "-c", code], {"PATH": str(tmp_path)})
    assert done.returncode == 1
    assert "needs Python 3.11 or newer" in done.stderr
    assert done.stderr.count("\n") == 1


# ------------------------------------------------------------------------------------------------- mirrors


def test_pip_files_are_read_in_pips_order(tmp_path: Path) -> None:
    low, high = tmp_path / "low.conf", tmp_path / "high.conf"
    low.write_text(
        "[global]\nindex-url = https://low.example\nfind_links = /a\n[list]\nindex-url = no\n", encoding="utf-8"
    )
    high.write_text("[install]\nindex-url = https://u:p%40ss@high.example\n", encoding="utf-8")
    options = mirrors.pip_options(iter([low, tmp_path / "absent.conf", high]), {})
    assert options == {"index-url": "https://u:p%40ss@high.example", "find-links": "/a"}
    assert mirrors.pip_options(iter([high]), {"PIP_INDEX_URL": MIRROR})["index-url"] == MIRROR


def test_pip_file_places(tmp_path: Path) -> None:
    home, prefix = tmp_path / "home", tmp_path / "prefix"
    linux = list(mirrors.config_files({"PIP_CONFIG_FILE": "/x.conf"}, home, prefix, "linux"))
    assert linux[-4:] == [home / ".pip/pip.conf", home / ".config/pip/pip.conf", prefix / "pip.conf", Path("/x.conf")]
    mac_folder = home / "Library/Application Support/pip"
    mac_folder.mkdir(parents=True)
    assert mac_folder / "pip.conf" in mirrors.config_files({}, home, prefix, "darwin")
    assert not list(mirrors.config_files({"PIP_CONFIG_FILE": os.devnull}, home, prefix))


def test_translation_to_uv(tmp_path: Path) -> None:
    options = {
        "index-url": MIRROR,
        "extra-index-url": "\nhttps://a.example\nhttps://b.example",
        "find-links": f"{tmp_path} {tmp_path / 'absent'} https://c.example",
        "trusted-host": "a.example b.example",
        "cert": "/ca.pem",
        "no-index": "false",
        "timeout": "180",
    }
    assert mirrors.translate(options, {}) == {
        "UV_DEFAULT_INDEX": MIRROR,
        "UV_INDEX": "https://a.example https://b.example",
        "UV_FIND_LINKS": f"{tmp_path},https://c.example",
        "UV_INSECURE_HOST": "a.example b.example",
        "SSL_CERT_FILE": "/ca.pem",
    }


@pytest.mark.parametrize("name", ["UV_DEFAULT_INDEX", "UV_INDEX_URL"])
def test_what_the_user_told_uv_stands(name: str) -> None:
    assert mirrors.translate({"index-url": MIRROR}, {name: "https://mine.example"}) == {}


def test_mirrors_agree_with_pip_itself() -> None:
    base = Path(sys.base_prefix) / "bin" / "python3"  # environments made by uv have no pip of their own
    done = attempt([base, "-m", "pip", "config", "list"], clean_environment())
    if done.returncode:
        pytest.skip("no pip to compare with")
    files = mirrors.config_files(os.environ, Path.home(), Path(sys.base_prefix))
    options = mirrors.pip_options(files, os.environ)
    for line in done.stdout.splitlines():
        key, value = line.split("=", 1)
        section, option = key.rsplit(".", 1)
        if section.strip(":") in {*mirrors.SECTIONS, "env"}:
            assert option in options, line
            assert section != ":env:" or options[option] == ast.literal_eval(value)


# --------------------------------------------------------------------------------------------------- stamp


def test_stamp_follows_locks_project_place_and_interpreter(tmp_path: Path) -> None:
    checkout = make_checkout(tmp_path / "a")
    assert setup.up_to_date(checkout)
    checkout.locks[1].write_text("changed", encoding="utf-8")
    assert not setup.up_to_date(checkout)

    moved = make_checkout(tmp_path / "b").root.rename(tmp_path / "c")
    assert not setup.up_to_date(Checkout(moved))

    broken = make_checkout(tmp_path / "d")
    broken.python.unlink()
    assert not setup.up_to_date(broken)


def test_a_copied_environment_is_not_usable(tmp_path: Path) -> None:
    checkout = Checkout(tmp_path)
    checkout.python.parent.mkdir(parents=True)
    checkout.python.symlink_to(sys.executable)
    assert not setup.usable(checkout)


def test_env_file_can_be_sourced(tmp_path: Path) -> None:
    file = tmp_path / "env.sh"
    home = Path("/opt/it's java")
    file.write_text(setup.env_lines(Checkout(tmp_path), home), encoding="utf-8")
    told = subprocess.check_output(["/bin/sh", "-c", f'. {file}; echo "$JAVA_HOME"; echo "$PYSPARK_PYTHON"'], text=True)
    assert told.splitlines() == [str(home), str(tmp_path / ".venv" / "bin" / "python")]


def test_product_settings_do_not_leak_into_tools() -> None:
    assert clean_environment({"PYTHONSAFEPATH": "1", "PYTHONPATH": "/x", "HOME": "/h"}) == {"HOME": "/h"}


# ---------------------------------------------------------------------------------------------------- java


def test_java_version_is_read_from_the_release_file(tmp_path: Path) -> None:
    assert java.version_of(make_java(tmp_path / "jdk", "17.0.15")) == 17
    assert java.version_of(tmp_path / "absent") == 0


def test_usual_homes_prefer_what_spark_is_tested_on(tmp_path: Path) -> None:
    for version in ("25", "21.0.2", "17.0.1", "11.0.2", "1.8.0"):
        make_java(tmp_path / f"jdk-{version}", version)
    found = java.usual_homes((f"{tmp_path}/jdk-*", f"{tmp_path}/none/*"))
    assert [home.name for home in found] == ["jdk-17.0.1", "jdk-21.0.2", "jdk-25"]


def test_java_home_too_old_is_passed_over(tmp_path: Path) -> None:
    old = make_java(tmp_path / "old", "11.0.2")
    new = make_java(tmp_path / "new", "17.0.2")
    env = {"JAVA_HOME": str(old), "PATH": str(new / "bin")}
    assert java.find(env, Checkout(tmp_path)) == new


def test_without_java_or_apt_the_sentence_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(java, "USUAL", ())
    monkeypatch.setattr(java, "find", lambda env, checkout: None)
    monkeypatch.setattr(debian, "available", lambda: False)
    monkeypatch.setattr(sys, "platform", "linux")
    with pytest.raises(SetupFailure, match=r"no Java 17 or newer found .* run `make setup` again"):
        java.provide({}, Checkout(tmp_path))


def test_links_into_etc_are_pointed_at_the_unpacked_tree(tmp_path: Path) -> None:
    root = tmp_path / "java"
    home, etc = root / "usr/lib/jvm/java-17", root / "etc/java-17"
    (home / "conf").mkdir(parents=True)
    etc.mkdir(parents=True)
    (etc / "net.properties").write_text("x=1", encoding="utf-8")
    (home / "conf/net.properties").symlink_to("/etc/java-17/net.properties")
    (home / "conf/cacerts").symlink_to("/etc/ssl/certs/java/cacerts-that-is-not-here")
    (home / "conf/relative").symlink_to("net.properties")

    assert private_java.repair_links(root) == [home / "conf/cacerts"]
    moved = root.rename(tmp_path / "moved")
    for name in ("net.properties", "relative"):
        assert (moved / "usr/lib/jvm/java-17/conf" / name).read_text(encoding="utf-8") == "x=1"


def test_cacerts_replaces_the_link_and_not_its_target(tmp_path: Path) -> None:
    system = tmp_path / "system-cacerts"
    system.write_bytes(b"theirs")
    security = tmp_path / "home/lib/security"
    security.mkdir(parents=True)
    (security / "cacerts").symlink_to(system)
    private_java.write_cacerts(tmp_path / "home", [b"certificate"])
    assert system.read_bytes() == b"theirs"
    assert not (security / "cacerts").is_symlink()


def test_trust_store_bytes() -> None:
    assert truststore.certificates(PEM + "text\n" + PEM) == [ssl.PEM_cert_to_DER_cert(PEM)]
    store = truststore.jks([b"one", b"two"])
    assert store[:12] == bytes.fromhex("feedfeed 00000002 00000002")
    salt = "changeit".encode("utf-16-be") + b"Mighty Aphrodite"
    assert store[-20:] == hashlib.sha1(salt + store[:-20]).digest()
    assert store == truststore.jks([b"one", b"two"])


def test_java_reads_the_trust_store(tmp_path: Path) -> None:
    home = java.find(os.environ, Checkout())
    keytool = home / "bin" / "keytool" if home else None
    bundle = truststore.system_bundle(os.environ)
    if not keytool or not keytool.exists() or not bundle:
        pytest.skip("needs keytool and a certificate bundle")
    trusted = truststore.certificates(bundle.read_text(encoding="utf-8", errors="replace"))[:5]
    (tmp_path / "cacerts").write_bytes(truststore.jks(trusted))
    options = ["-J-Duser.language=en", "-list", "-keystore", str(tmp_path / "cacerts"), "-storepass", "changeit"]
    assert "contains 5 entries" in run([str(keytool), *options], "reading the trust store")


@pytest.mark.full
def test_debians_java_runs_from_where_it_was_unpacked(tmp_path: Path) -> None:
    if not debian.available():
        pytest.skip("needs apt-get and dpkg")
    private_java.unpack(tmp_path / "java", tmp_path / "apt", os.environ)
    home = private_java.home_in(tmp_path / "java")
    assert home is not None
    assert not [link for link in home.rglob("*") if link.is_symlink() and not link.exists() and "doc" not in link.name]
    assert java.ask(home / "bin" / "java") == (home, java.version_of(home))


# ---------------------------------------------------------------------------------------------- programs


def test_a_failing_program_is_named_with_its_last_lines() -> None:
    with pytest.raises(SetupFailure, match=r"(?s)trying failed \(sh ended with 3\):\n  reason"):
        run(["/bin/sh", "-c", "echo reason >&2; exit 3"], "trying")
    assert attempt(["/no/such/program"]).returncode == 127


def test_unpack_leaves_nothing_behind_when_it_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(debian, "download", lambda packages, into, state: [])
    with pytest.raises(SetupFailure, match="apt-get downloaded nothing"):
        debian.unpack(["x"], tmp_path / "root", tmp_path / "apt")
    assert list(tmp_path.iterdir()) == []


def test_private_apt_state_stays_in_our_folder(tmp_path: Path) -> None:
    options = debian.private_options(tmp_path)
    assert f"Dir::State={tmp_path}" in options
    assert f"Dir::Cache={tmp_path / 'cache'}" in options
    assert "#clear APT::Update::Post-Invoke;" in (tmp_path / "no-hooks.conf").read_text(encoding="utf-8")


def test_without_any_pip_the_sentence_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pip, "candidates", lambda checkout: iter(()))
    with pytest.raises(SetupFailure, match="neither pip nor venv, and uv is not on PATH: install pip"):
        pip.find(Checkout(tmp_path))


def test_an_old_uv_on_path_is_not_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda name: "/old/uv")
    monkeypatch.setattr(uv, "recent", lambda program: program == tmp_path / ".cache/tools/uv/bin/uv")
    assert uv.find(Checkout(tmp_path)).program == tmp_path / ".cache/tools/uv/bin/uv"
