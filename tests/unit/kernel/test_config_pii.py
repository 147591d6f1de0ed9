"""`clean.pii` and its short form `clean.mask`: what they mean, and what is refused where."""

from __future__ import annotations

from typing import Any, get_args

import pytest
from pydantic import ValidationError

from washplant.config import CleanOptions, PiiOptions
from washplant.config.pii import PiiKind
from washplant.secret import EnvValue
from washplant.text.pii import DEFAULT_KINDS, KINDS

KEY = EnvValue("0123456789abcdef0123456789abcdef")


def test_every_kind_can_be_named() -> None:
    assert set(get_args(PiiKind)) == set(KINDS)


def test_default_is_every_kind_masked() -> None:
    policy = CleanOptions().personal
    assert policy.kinds == DEFAULT_KINDS
    assert {policy.action(kind) for kind in policy.kinds} == {"mask"}


def test_the_short_form_is_kinds() -> None:
    assert CleanOptions(mask=("mobile", "resident_id")).personal.kinds == ("mobile", "resident_id")
    assert CleanOptions(mask=()).personal.names == ()
    with pytest.raises(ValidationError, match="keep one of both"):
        CleanOptions(mask=("mobile",), pii=PiiOptions())


def test_actions_are_those_of_the_kind_the_rule_or_all() -> None:
    options = PiiOptions.model_validate(
        {
            "action": "drop",
            "actions": {"name": "pseudonym"},
            "pseudonym_key": KEY,
            "skip": ["ip"],
            "rules": {
                "order_no": {"regex": r"\d{9}", "action": "mask"},
                "staff": {"regex": "A-[0-9]+", "placeholder": "[工号]"},
            },
        }
    )
    policy = options.policy()
    assert "ip" not in policy.kinds
    assert [policy.action(name) for name in ("mobile", "name", "order_no", "staff")] == ["drop", "pseudonym", "mask", "drop"]
    assert policy.placeholders["order_no"] == "[order_no]"
    assert policy.placeholders["staff"] == "[工号]"


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"action": "pseudonym"}, "is needed for pseudonyms"),
        ({"actions": {"name": "pseudonym"}}, "is needed for pseudonyms"),
        ({"pseudonym_key": "typed into the file"}, "never as text"),
        ({"pseudonym_key": EnvValue("short")}, "could be guessed"),
        ({"kinds": ["mobile"], "skip": ["ip"]}, "leave them out"),
        ({"rules": {"mobile": {"regex": "x"}}}, "built in"),
        ({"rules": {"mine": {"regex": "(?<=a)b"}}}, "rule mine"),
        ({"rules": {"mine": {"regex": "a*"}}}, "matches nothing at all"),
        ({"rules": {"mine": {"regex": "a", "placeholder": "a"}}}, "placeholder"),
        ({"keep": ["("]}, "rule keep"),
        ({"kinds": ["phone"]}, "kinds"),
    ],
)
def test_what_is_refused(given: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        PiiOptions.model_validate(given)


def test_the_key_leaves_no_trace_but_whether_it_changed() -> None:
    """Digests of the rules must change with the key, and nothing that is written may hold it."""
    one, two = (PiiOptions.model_validate({"pseudonym_key": EnvValue(key)}) for key in (KEY, KEY[::-1]))
    assert one.model_dump_json() != two.model_dump_json() == two.model_copy().model_dump_json()
    assert KEY not in one.model_dump_json() + repr(one) + repr(one.policy())
