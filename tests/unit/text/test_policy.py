"""How texts are written, by choice; code is out of every policy's reach."""

from __future__ import annotations

import pyarrow as pa
import pytest

from washplant.errors import SetupError
from washplant.text import normalise, policy
from washplant.text.policy import Policy


def written(text: str, **chosen: str | bool) -> str:
    [once] = normalise(pa.array([text]), Policy(**chosen)).to_pylist()
    assert normalise(pa.array([once]), Policy(**chosen)).to_pylist() == [once]
    return once


@pytest.mark.parametrize(
    ("text", "chosen", "expected"),
    [
        ("（１２）ＡＢ，好！", {"width": "keep"}, "（１２）ＡＢ，好！"),
        ("（１２）ＡＢ，好！", {"width": "letters"}, "（12）AB，好！"),
        ("（１２）ＡＢ，好！", {"width": "all"}, "(12)AB,好!"),
        ("好😀的👩\u200d💻呢❤️ 1️⃣", {"emoji": "remove"}, "好的呢 1"),
        ("急！！！！在吗？？？好。。。等...... ~~~", {"punctuation": "squeeze"}, "急！在吗？好……等... ~"),
        ("a != b 吗？？ `x!!`", {"punctuation": "squeeze"}, "a != b 吗？ `x!!`"),
    ],
)
def test_policies(text: str, chosen: dict[str, str], expected: str) -> None:
    assert written(text, **chosen) == expected


def test_simplified() -> None:
    pytest.importorskip("opencc")
    assert written("請問水費怎麼繳？", simplified=True) == "请问水费怎么缴？"
    assert written("请问", simplified=True) == "请问"


def test_simplified_without_opencc(monkeypatch: pytest.MonkeyPatch) -> None:
    policy._converter.cache_clear()
    policy._traditional.cache_clear()
    monkeypatch.setitem(__import__("sys").modules, "opencc", None)
    with pytest.raises(SetupError, match="OpenCC"):
        written("請問", simplified=True)
    policy._converter.cache_clear()
