"""The documentation is true to the checkout: links, paths, examples, translations and the generated reference."""

import re
from pathlib import Path

import pytest

from scripts import make_reference
from scripts.provision.checkout import ROOT

DOCS = ROOT / "docs"
PAGES = sorted([*ROOT.glob("*.md"), *DOCS.rglob("*.md")])
TRANSLATED = sorted([*DOCS.glob("*.md"), *(DOCS / "how-to").glob("*.md")])
LINK = re.compile(r"\]\(([^)\s]+)\)")
FENCE = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)
PROJECT_YAML = re.compile(r"^```yaml\n(name:.*?)^```$", re.MULTILINE | re.DOTALL)
TREE = re.compile(r"^```text\n(washplant/ .*?)^```$", re.MULTILINE | re.DOTALL)


def read(page: Path) -> str:
    """A page's text."""
    return page.read_text(encoding="utf-8")


def named(page: Path) -> str:
    """A page as tests name it."""
    return page.relative_to(ROOT).as_posix()


def broken_links(page: Path) -> list[str]:
    """Relative links of a page that lead nowhere."""
    targets = [target.partition("#")[0] for target in LINK.findall(FENCE.sub("", read(page))) if "://" not in target]
    return [target for target in targets if target and not (page.parent / target).exists()]


def tree_paths(text: str) -> list[str]:
    """Every path that a README's tree names; what is indented lies in the folder above."""
    found, folder = [], ""
    for line in text.splitlines():
        name = line.split()[0]
        if line[0] != " ":
            folder = name if name.endswith("/") else ""
            found.append(name)
        else:
            found.append(folder + name)
    return found


PROJECTS = [
    pytest.param(text, id=f"{named(page)}-{number}")
    for page in PAGES
    for number, text in enumerate(PROJECT_YAML.findall(read(page)), 1)
]


def test_reference_is_what_the_code_says() -> None:
    assert not make_reference.outdated(), "run `python -m scripts.make_reference`"


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_relative_links_resolve(page: Path) -> None:
    assert not broken_links(page)


@pytest.mark.parametrize("name", ["README.md", "README.zh-CN.md"])
def test_the_tree_names_what_is_there(name: str) -> None:
    trees = TREE.findall(read(ROOT / name))
    assert len(trees) == 1
    paths = tree_paths(trees[0])
    assert len(paths) > 20
    assert not [path for path in paths if not (ROOT / path).exists()]


def test_both_trees_name_the_same() -> None:
    english, chinese = (tree_paths(TREE.findall(read(ROOT / name))[0]) for name in ("README.md", "README.zh-CN.md"))
    assert english == chinese


@pytest.mark.parametrize("text", PROJECTS)
def test_project_files_in_the_pages_are_valid(text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from pipelines.project import kinds
    from washplant.config import load

    for name in re.findall(r"\$\{env:(\w+)\}", text):
        monkeypatch.setenv(name, "set-by-the-test")
    path = tmp_path / "washplant.yaml"
    path.write_text(text, encoding="utf-8")
    assert load(path, kinds()).config.sources


def test_project_files_are_found() -> None:
    assert len(PROJECTS) >= 10


@pytest.mark.parametrize("page", TRANSLATED, ids=named)
def test_every_page_has_its_chinese_twin(page: Path) -> None:
    twin = DOCS / "zh" / page.relative_to(DOCS)
    assert twin.is_file()
    assert PROJECT_YAML.findall(read(page)) == PROJECT_YAML.findall(read(twin)), "the examples differ"


def test_no_chinese_page_is_left_alone() -> None:
    assert (ROOT / "README.zh-CN.md").is_file()
    twins = [DOCS / page.relative_to(DOCS / "zh") for page in (DOCS / "zh").rglob("*.md")]
    assert not [named(page) for page in twins if not page.is_file()]


def test_broken_links_and_paths_are_seen(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("[a](page.md#part) [b](gone.md) [c](https://example.com/x)\n```text\n[d](no.md)\n```\n", encoding="utf-8")
    assert broken_links(page) == ["gone.md"]
    assert tree_paths("a/   the first\n  b.py  inside\nc.md") == ["a/", "a/b.py", "c.md"]
