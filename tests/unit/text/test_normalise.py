"""normalise: repaired and tidied, with the same meaning."""

from __future__ import annotations

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from washplant.text import normalise
from washplant.text.normalise import normalise_text


def tidy(text: str) -> str:
    return normalise(pa.array([text]))[0].as_py()


@pytest.mark.parametrize(
    "text",
    [
        # data-juicer turned full-width punctuation into half-width in 55 % of texts
        "您好，（请问）有什么可以帮您！？：；",
        "if a<b and c>d:",  # data-juicer made `if ad:` of it
        "List<int> x; Map<String, Object> y; Class<Object> z",
        "x<p>q, a<b>c",
        "1 < 2 && 3 > 2",
        "<think>想一想</think>答案",
        "<|im_start|>user",
        "<input>你好</input>",
        "```python\nif a:\n    b  = 1  \n\n\n\n    c = '<br>&nbsp;'\n```",
        "请用 `<br>` 或 `&nbsp;` 换行",
        "什么是<div>标签？",
        "HTML 里 <b>粗体</b> 怎么写？",
        "def f(x):\n    for i in x:\n        print(i)",
        "1. 一\n   - 甲\n   - 乙\n2. 二",
        "?a=1&lt=2&copy=3",
        "它是“好”的—…",
        "CAFÉ® Ünï À«",
        "＋％＠",
        "",
        "👩\u200d💻 ❤️\u200d🔥",
    ],
)
def test_clean_text_stays(text: str) -> None:
    assert tidy(text) == text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("１２３ＡＢｃ，。", "123ABc，。"),
        ("a\r\nb\rc\u2028d", "a\nb\nc\nd"),
        ("a  b\t\tc \n d\n\n\n\ne\u3000", "a b c\nd\n\ne"),
        ("\ufeff你\u200b好\x00\x07", "你好"),
        ("a\u200db 👩\u200d", "ab 👩"),
        ("<p>你好</p><p>再见</p>", "你好\n再见"),
        ("一<br>二<BR/>三", "一\n二\n三"),
        ("<div>a<div>b</div></div>", "a\nb"),
        ("<ul><li>a</li><li>b</li></ul>", "a\nb"),
        ("<table><tr><td>1</td><td>2</td></tr><tr><td>3</td><td>4</td></tr></table>", "1 | 2\n3 | 4"),
        ("<table>\n <tr>\n  <th>a</th>\n  <th>b</th>\n </tr>\n <tr><td>1</td></tr></table>", "a | b\n1"),
        ("<table><tr><td><p>1</p></td>\n<td></td><td>3</td></tr><tr><td>4</td></table>", "1 | | 3\n4"),
        ("<script>if(a<b)x</script>好<style>p{}</style>", "好"),
        ("a<!-- <b> -->b", "ab"),
        ("<a href='x' title=\"a>b\">链接</a>", "链接"),
        ('<SPAN STYLE="x">你</SPAN>', "你"),
        ("<script>x</script>", ""),
        ("&#20320;&#x597D;&nbsp;&amp;&foo;", "你好 &&foo;"),
        ("a &lt; b", "a < b"),
        ("ä½\xa0å¥½", "你好"),
        ("好 cafÃ©", "好 café"),
        ("â€œhiâ€\x9d", "“hi”"),
        ("好\n\n\n```\n x\n```\n\n\n\n好", "好\n\n```\n x\n```\n\n好"),
        ("<p>x</p>\n```\n<p>x</p>\n```", "x\n\n```\n<p>x</p>\n```"),
    ],
)
def test_repairs(text: str, expected: str) -> None:
    assert tidy(text) == expected


@pytest.mark.parametrize("text", ["&lt;br&gt; 换行", "&amp;lt;", "&amp;amp;nbsp;", "&amp;#60;p&gt;x"])
def test_entities_are_decoded_once_only(text: str) -> None:
    assert tidy(text) == text  # decoded, a second reading would find markup or another entity


def test_mojibake_of_mojibake() -> None:
    broken = "你好".encode().decode("latin-1").encode().decode("latin-1")
    assert tidy(broken) == "你好"


def test_a_latin1_column_that_holds_utf8() -> None:
    text = "您的订单已发货，请注意查收"
    assert tidy(text.encode().decode("latin-1")) == text


def test_lone_surrogates_and_other_bytes() -> None:
    rows = [b"a\xed\xa0\x80b", b"\xed\xa0\xbd\xed\xb8\x80", b"a\xffb", "好".encode()]
    data = b"".join(rows)
    ends = [sum(map(len, rows[:i])) for i in range(len(rows) + 1)]
    offsets = pa.py_buffer(b"".join(end.to_bytes(4, "little") for end in ends))
    texts = pa.Array.from_buffers(pa.string(), len(rows), [None, offsets, pa.py_buffer(data)])
    assert normalise(texts).to_pylist() == ["ab", "😀", "a\ufffdb", "好"]


def test_nulls_stay() -> None:
    assert normalise(pa.array([None, " a ", None, "b"])).to_pylist() == [None, "a", None, "b"]
    assert normalise(pa.array([None, None], pa.null())).to_pylist() == [None, None]
    assert normalise(pa.array([], pa.string())).to_pylist() == []


_MARKUP = [
    "<b>",
    "</b>",
    "<p>",
    "</p>",
    "<br>",
    "<div",
    "class='x'>",
    "</div>",
    "<script>",
    "</script>",
    "<!--",
    "-->",
    "<",
    ">",
    "b>",
    "HTML",
    "标签",
]
_ENTITIES = ["&", "&lt;", "&gt;", "&amp;", "&nbsp;", "amp;", "lt;", "#60;"]
_LAYOUT = [
    " ",
    "  ",
    "\n",
    "\n\n\n",
    "\n    ",
    "```",
    "```\n",
    "`",
    "def f:\n  ",
    "{\n  ",
    "\n  - ",
    "\u2028",
    "\r",
    "\t",
    "\x85",
]
_CHARACTERS = ["ä½\xa0å¥½", "Ã", "©", "Â", "\xa0", "\u3000", "\u200d", "\u200b", "\u200c", "👩", "❤️", *"１Ａ，好a："]
_PIECES = st.sampled_from([*_MARKUP, *_ENTITIES, *_LAYOUT, *_CHARACTERS])
_SOUP = st.lists(_PIECES | st.text(max_size=4), max_size=14).map("".join)


@given(_SOUP)
@settings(max_examples=1500)
def test_normalising_twice_changes_nothing(text: str) -> None:
    once = normalise(pa.array([text]))
    assert normalise(once).equals(once)


@given(_SOUP | st.text(max_size=40))
@settings(max_examples=800)
def test_the_prefilter_misses_nothing(text: str) -> None:
    assert tidy(text) == normalise_text(text)


@given(st.text(max_size=60).map(lambda text: text.encode().decode("latin-1")))
def test_mojibake_never_raises(text: str) -> None:
    normalise_text(text)
