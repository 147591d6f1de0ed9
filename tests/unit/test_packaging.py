"""What is shipped, what it needs, and what no file of the checkout may contain."""

import re
import shutil
import subprocess
import tomllib
import zipfile
from email.parser import Parser
from pathlib import Path

import pytest
from hatchling.builders.wheel import WheelBuilder

from scripts.provision.checkout import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
PRODUCT = ("washplant", "connectors", "annotation", "training", "pipelines", "airflow_dags")
EXISTING = tuple(name for name in PRODUCT if (ROOT / name / "__init__.py").is_file())
DATA_SUFFIXES = {".j2", ".xml", ".json", ".html", ".css", ".js", ".yaml", ".yml", ".sql", ".txt", ".typed"}
MAX_DEPENDENCIES = 10

# Put together here, so that this file does not contain them itself.
REGISTRY_HOSTS = [
    ".".join(parts)
    for parts in (
        ("pypi", "org"),
        ("pypi", "python", "org"),
        ("files", "pythonhosted", "org"),
        ("repo1", "maven", "org"),
        ("repo", "maven", "apache", "org"),
        ("registry", "npmjs", "org"),
        ("registry", "npmmirror", "com"),
        ("registry", "yarnpkg", "com"),
        ("deb", "debian", "org"),
        ("security", "debian", "org"),
        ("archive", "ubuntu", "com"),
        ("mirrors", "aliyun", "com"),
        ("maven", "aliyun", "com"),
        ("pypi", "tuna", "tsinghua", "edu", "cn"),
        ("mirrors", "tuna", "tsinghua", "edu", "cn"),
        ("mirrors", "cloud", "tencent", "com"),
        ("repo", "huaweicloud", "com"),
        ("download", "pytorch", "org"),
    )
]


def pins(lock: str) -> set[str]:
    """The requirement lines of a lock."""
    lines = (ROOT / "locks" / lock).read_text(encoding="utf-8").splitlines()
    return {line for line in lines if line and not line.lstrip().startswith("#")}


def project_name(requirement: str) -> str:
    """`Pymysql[rsa]>=1.1` -> `pymysql`."""
    return re.split(r"[^A-Za-z0-9._-]", requirement.strip(), maxsplit=1)[0].lower().replace("_", "-")


def checkout_files() -> list[Path]:
    """Files that are committed or would be by `git add .`."""
    git = shutil.which("git")
    if not git or not (ROOT / ".git").exists():
        pytest.skip("not a git checkout")
    listed = subprocess.check_output([git, "ls-files", "-coz", "--exclude-standard"], cwd=ROOT, text=True)
    return [ROOT / name for name in listed.split("\0") if name and (ROOT / name).is_file()]


def files_containing(words: list[str]) -> list[str]:
    """`file: word` for each of the words found in the checkout's files."""
    found = []
    for path in checkout_files():
        content = path.read_bytes()
        found += [f"{path.relative_to(ROOT)}: {word}" for word in words if word.encode() in content]
    return found


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> zipfile.ZipFile:
    """The wheel as the build backend of pyproject.toml makes it, without a network."""
    folder = tmp_path_factory.mktemp("wheel")
    built = list(WheelBuilder(str(ROOT)).build(directory=str(folder), versions=["standard"]))
    return zipfile.ZipFile(built[0])


def test_wheel_holds_the_product_and_nothing_else(wheel: zipfile.ZipFile) -> None:
    tops = {name.split("/")[0] for name in wheel.namelist() if ".dist-info/" not in name}
    assert tops <= set(PRODUCT)
    assert set(EXISTING) <= tops
    assert not [name for name in wheel.namelist() if "__pycache__" in name]


def test_wheel_holds_every_module_and_data_file(wheel: zipfile.ZipFile) -> None:
    on_disk = {
        path.relative_to(ROOT).as_posix()
        for package in EXISTING
        for path in (ROOT / package).rglob("*")
        if path.is_file() and (path.suffix in DATA_SUFFIXES | {".py"} or path.name == "py.typed")
    }
    assert on_disk <= set(wheel.namelist())


def test_wheel_metadata(wheel: zipfile.ZipFile) -> None:
    names = {Path(name).name: name for name in wheel.namelist() if ".dist-info/" in name}
    assert "washplant = pipelines.cli:main" in wheel.read(names["entry_points.txt"]).decode()
    assert "LICENSE" in names
    metadata = Parser().parsestr(wheel.read(names["METADATA"]).decode())
    required = [line for line in metadata.get_all("Requires-Dist") or [] if "extra ==" not in line]
    assert len(required) <= MAX_DEPENDENCIES, required


def test_locks_agree_with_each_other_and_the_project() -> None:
    core, dev = ({pin.split(" ; ")[0] for pin in pins(name)} for name in ("core.txt", "dev.txt"))
    assert core <= dev
    extras = PROJECT["project"]["optional-dependencies"]
    wanted = [*PROJECT["project"]["dependencies"], *extras["mysql"], *extras["excel"]]
    assert {project_name(requirement) for requirement in wanted} <= {project_name(pin) for pin in core}
    tools = {project_name(requirement) for requirement in PROJECT["dependency-groups"]["dev"]}
    assert tools <= {project_name(pin) for pin in dev}


def test_every_lock_is_described() -> None:
    readme = (ROOT / "locks" / "README.md").read_text(encoding="utf-8")
    undescribed = [path.name for path in (ROOT / "locks").glob("*.txt") if f"`{path.name}`" not in readme]
    assert not undescribed


def test_import_contracts_cover_every_package() -> None:
    linter = PROJECT["tool"]["importlinter"]
    assert set(EXISTING) <= set(linter["root_packages"]), "add it to [tool.importlinter] and uncomment its contract"
    bound = {name for contract in linter["contracts"] for name in contract["source_modules"]}
    assert set(EXISTING) <= bound


def test_every_make_target_is_explained() -> None:
    text = (ROOT / "Makefile").read_text(encoding="utf-8")
    phony = re.search(r"^\.PHONY: (.+)$", text, re.MULTILINE)
    assert phony is not None
    assert set(phony[1].split()) == set(re.findall(r"^([a-z-]+):.*## \S", text, re.MULTILINE))


def test_no_file_names_a_registry() -> None:
    assert not files_containing(REGISTRY_HOSTS), "mirrors are the user's: no registry's host name in any file"


def test_no_file_holds_this_checkouts_path() -> None:
    if len(ROOT.parts) <= 2:
        pytest.skip(f"{ROOT} is too short a path to be told from ordinary text")
    assert not files_containing([f"{ROOT}/", f"{ROOT}'", f'{ROOT}"'])
