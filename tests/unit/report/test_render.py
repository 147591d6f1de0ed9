"""The page: what people wrote stays text, nothing is fetched, and equal data gives equal bytes."""

from __future__ import annotations

import dataclasses
import re
from html.parser import HTMLParser
from importlib.resources import files

import pytest

from tests.unit.report.sample_data import example, report_data
from washplant.report import LANGUAGES, ReportData, render
from washplant.report.data import Annotator, Count, Dataset, Duplicates, Labels, MaskedColumn, Pair, Reject, Source, Version
from washplant.report.render import fields, share, size, width, words

HOSTILE = (
    "<script>alert(1)</script>",
    "</style><img src=x onerror=alert(1)>",
    "\"><a href='https://evil.example/'>click</a>",
    "' onmouseover='alert(1)",
    "{{ 7 * 7 }} {% raw %} &lt;b&gt; &amp;",
    "行一\u2028行二\u2029\u202eabc\u0000 👨‍👩‍👧 𠮷",
    "lone \ud800 surrogate",
)


class _Page(HTMLParser):
    """What a browser would see: tags, attributes, and the text between them."""

    def __init__(self, page: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str]] = []
        self.text = ""
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(name, value or "") for name, value in attrs]

    def handle_data(self, data: str) -> None:
        self.text += data


def hostile(text: str) -> ReportData:
    """A report with a hostile text wherever a text of somebody else can stand."""
    sample = example(1, (text, text), ("assistant", text), mapping=text)
    other = example(2, ("user", "x"), ("assistant", f"{text} y"), mapping=text)
    version = Version(1, (Count("train", 1),), (Count(text, 1),), (), (text,))
    return dataclasses.replace(
        report_data(),
        project=text,
        sources=(Source(text, text, watermark=text),),
        masked_in=(MaskedColumn(text, text, 1, 1),),
        duplicates=Duplicates(0.8, 0, 1, (), (Pair(sample, other, 0.9, text),)),
        rejects=(Reject(text, text, 1, (sample,)),),
        labels=Labels(1, (Count(text, 1),), 1, (Count(text, 1),), 0, (Annotator(text, 1, (Count(text, 1),)),)),
        datasets=(Dataset(text, text, (version,), sample=(text, '{"instruction": "<b>"}')),),
    )


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("text", HOSTILE)
def test_a_hostile_text_is_shown_as_text(text: str, language: str) -> None:
    tame, page = _Page(render(hostile("tame"), language)), _Page(render(hostile(text), language))
    assert page.tags == tame.tags
    assert [name for name, _ in page.attributes] == [name for name, _ in tame.attributes]
    if text.isascii():
        assert page.text.count(text) >= tame.text.count("tame") - 2  # highlighting may cut it in two


def test_control_and_direction_characters_are_visible() -> None:
    page = render(hostile("a\u202eb\u0000c\u2028d\ud800"), "en")
    assert not set(page) & {"\u202e", "\u0000", "\u2028", "\ud800"}
    assert "a␦b␀c↵d�" in page
    page.encode()


@pytest.mark.parametrize("language", LANGUAGES)
def test_nothing_is_fetched(language: str) -> None:
    page = render(report_data(), language)
    seen = _Page(page)
    assert not {"script", "link", "img", "iframe", "object", "embed", "base", "form"} & set(seen.tags)
    targets = [value for name, value in seen.attributes if name in ("src", "href", "action", "srcset", "data", "poster")]
    assert targets and all(target.startswith("#") for target in targets)
    assert not re.search(r"https?://|url\(|@import|//cdn", page)
    assert not [name for name, _ in seen.attributes if name.startswith("on")]


@pytest.mark.parametrize("language", LANGUAGES)
def test_equal_data_gives_equal_bytes(language: str) -> None:
    assert render(report_data(), language).encode() == render(report_data(), language).encode()


def test_both_languages_show_the_same_numbers() -> None:
    pages = [_Page(render(report_data(), language)) for language in LANGUAGES]
    numbers = [sorted(re.findall(r"\d{1,3}(?:,\d{3})+", page.text)) for page in pages]
    assert numbers[0] == numbers[1]
    assert "184,203" in numbers[0]
    assert "From rows to lines" in pages[0].text and "从源数据到数据集" in pages[1].text
    assert not re.search("[\u4e00-\u9fff]", words()["title"]["en"])


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_was_masked_is_shown_by_column_and_kind(language: str) -> None:
    rows = re.findall(r"<tr><td><code>(messages|meta\.remark)</code></td><td>(.*?)</td>", render(report_data(), language))
    assert rows == [("messages", words()["pii.mobile"][language]), ("meta.remark", words()["pii.name"][language])]
    assert words()["masked_in"][language] not in render(dataclasses.replace(report_data(), masked_in=()), language)


def test_an_unknown_language_is_refused() -> None:
    with pytest.raises(ValueError, match="known: en, zh"):
        render(report_data(), "fr")


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_empty_store_says_so(language: str) -> None:
    page = render(ReportData("new", sources=(Source("tickets", "hive"),)), language)
    assert words()["empty"][language] in page
    assert "tickets" in page and 'id="funnel"' not in page


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_store_with_nothing_but_raw_rows_has_a_page(language: str) -> None:
    page = render(ReportData("new", sources=(Source("tickets", "hive", 5),), runs=("raw/tickets/000001",)), language)
    assert words()["no_labels"][language] in page
    assert words()["nothing_rejected"][language] in page


def test_every_text_has_both_languages_and_the_same_values() -> None:
    for key, entry in words().items():
        assert set(entry) == set(LANGUAGES), key
        assert all(entry.values()), key
        found = [set(re.findall(r"{(\w+)}", text)) for text in entry.values()]
        assert found[0] == found[1], key


def test_every_text_is_used() -> None:
    templates = [path for path in files("washplant.report").iterdir() if path.name.endswith(".j2")]
    template = "".join(path.read_text("utf-8") for path in templates)
    used = set(re.findall(r'\bt\("(\w+)"', template)) | {"funnel", "sources", "cleaning", "rejects"}
    groups = set(re.findall(r't\.named\("(\w+)"', template)) | {"pick", "verdict", "split", "withheld"}
    for key in words():
        assert key.removesuffix(".one") in used or key.split(".")[0] in groups, key


def test_every_drop_reason_has_a_name() -> None:
    from pipelines.steps.base import REASONS

    assert not [key for step, reasons in REASONS.items() for one in reasons if (key := f"drop.{step}.{one}") not in words()]


def test_shares_never_round_a_few_to_none_or_almost_all_to_all() -> None:
    assert [share(0, 10), share(1, 100_000), share(99_999, 100_000), share(10, 10), share(1, 0)] == [
        *("0%", "0.1%", "99.9%", "100%", "–")
    ]
    assert [width(0, 10), width(1, 10_000), width(10, 10), width(1, 0)] == ["0.0%", "0.3%", "100.0%", "0%"]


def test_sizes_are_decimal() -> None:
    assert [size(0), size(999), size(1_500), size(2_345_678)] == ["0 B", "999 B", "1.5 KB", "2.3 MB"]


def test_a_line_that_is_no_object_stands_for_itself() -> None:
    assert fields('{"a": "x", "b": [["q", "答"]]}') == [("a", "x"), ("b", '[["q", "答"]]')]
    assert fields("not JSON") == [("", "not JSON")]
    assert fields("[1]") == [("", "[1]")]
