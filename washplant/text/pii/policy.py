"""What is looked for, and what becomes of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from typing import Literal

from washplant.errors import ConfigError
from washplant.text.fold import UNFOLDED
from washplant.text.pii.kind import Kind
from washplant.text.pii.kinds import KINDS
from washplant.text.pii.rule import Rule, check

Action = Literal["mask", "drop", "pseudonym"]

DEFAULT_KINDS = tuple(KINDS)


@dataclass(frozen=True)
class Policy:
    """`kinds`: built-in kinds by name; `rules`: a user's own, which win over them; `keep`: RE2 patterns of what is nobody's;
    `actions`: pairs of a kind's or rule's name and what is done with it, mask where none is given; `key`: of pseudonyms.

    Raises ConfigError for an unknown kind, a pattern that RE2 does not take, and pseudonyms without a key.
    """

    kinds: tuple[str, ...] = DEFAULT_KINDS
    actions: tuple[tuple[str, Action], ...] = ()
    rules: tuple[Rule, ...] = ()
    keep: tuple[str, ...] = ()
    key: bytes = field(default=b"", repr=False)

    def __post_init__(self) -> None:
        unknown = sorted(set(self.kinds) - set(KINDS))
        if unknown:
            raise ConfigError(f"unknown personal data: {', '.join(unknown)}", next_step=f"use {', '.join(KINDS)}")
        for rule in (*self.rules, *self.kept):
            check(rule)
        if not self.key and any(action == "pseudonym" for _, action in self.actions):
            raise ConfigError("pseudonyms need a key", next_step="set clean.pii.pseudonym_key to ${env:NAME}")

    @cached_property
    def names(self) -> tuple[str, ...]:
        """Rules and kinds, in the order in which they win over each other."""
        return (*(rule.name for rule in self.rules), *(kind.name for kind in self.built_in))

    @cached_property
    def built_in(self) -> tuple[Kind, ...]:
        """The kinds, in their order."""
        return tuple(kind for name, kind in KINDS.items() if name in self.kinds)

    @cached_property
    def kept(self) -> tuple[Rule, ...]:
        """`keep` as rules."""
        return tuple(Rule("keep", pattern, "", "", "") for pattern in self.keep)

    @cached_property
    def placeholders(self) -> dict[str, str]:
        """What stands for each name where it is masked."""
        rules = {rule.name: rule.placeholder for rule in self.rules}
        return {**rules, **{kind.name: kind.placeholder for kind in self.built_in}}

    def action(self, name: str) -> Action:
        """What is done with a kind or rule."""
        return dict(self.actions).get(name, "mask")


@lru_cache(maxsize=32)
def may_hold(policy: Policy) -> tuple[str, ...]:
    """RE2: a text holds none of it unless one of these matches, so that clean rows never reach Python."""
    families: dict[str, dict[str, None]] = {"number": {UNFOLDED: None}} if policy.built_in else {}
    for kind in policy.built_in:
        for family, hint in kind.hints.items():
            families.setdefault(family, {})[hint] = None
    if policy.rules:
        families["rules"] = {UNFOLDED: None} | {f"(?:{rule.whole})": None for rule in policy.rules}
    return tuple("|".join(hints) for hints in families.values())
