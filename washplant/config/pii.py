"""The block `clean.pii`: which personal data is looked for, and what becomes of it."""

from __future__ import annotations

import hashlib
import hmac
from typing import Annotated, Literal, Self

from pydantic import Field, StringConstraints, field_serializer, model_validator

from washplant.config.source import OneOrMany, Options
from washplant.errors import ConfigError
from washplant.secret import Secret
from washplant.text.pii import DEFAULT_KINDS, Action, Policy, Rule

PiiKind = Literal[
    "url_credentials",
    "email",
    "resident_id",
    "uscc",
    "bank_card",
    "mobile",
    "landline",
    "passport",
    "permit",
    "plate",
    "ip",
    "wechat",
    "qq",
    "address",
    "name",
]
RuleName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,39}$")]

_SHORTEST_KEY = 12  # bytes; a key that can be guessed lets anyone test which numbers are in the data


class PiiRuleOptions(Options):
    """Personal data of your own: account, order or meter numbers, staff codes."""

    regex: str = Field(min_length=1, description="what it looks like (RE2), on text with half-width digits and letters")
    after: str = Field(default="", description="what stands right before it and stays, as a regex")
    before: str = Field(default="", description="what stands right behind it and stays, as a regex")
    placeholder: str | None = Field(
        default=None, pattern=r"^\[[^\[\]\n]{1,30}\]$", description="what replaces it; [NAME] when not given"
    )
    action: Action | None = Field(default=None, description="what becomes of it; as for all others when not given")


class PiiOptions(Options):
    """Which personal data is looked for in texts and metadata, and what becomes of it before anything is written."""

    kinds: Literal["default"] | tuple[PiiKind, ...] = Field(
        default="default", description="the kinds to look for: default is all of them; an empty list is none"
    )
    skip: tuple[PiiKind, ...] = Field(default=(), description="kinds of the default that are left alone")
    action: Action = Field(
        default="mask",
        description="mask: a placeholder such as [手机号]; pseudonym: something of the same form, the same for the same "
        "person in every run; drop: the row goes to the rejects, masked",
    )
    actions: dict[PiiKind, Action] = Field(
        default_factory=dict, description="actions of single kinds, such as {name: pseudonym}"
    )
    pseudonym_key: Secret | None = Field(
        default=None, description="key of the pseudonyms, ${env:NAME}, 12 characters at least; another key, other pseudonyms"
    )
    rules: dict[RuleName, PiiRuleOptions] = Field(
        default_factory=dict, description="personal data of your own by name; it wins over the built-in kinds"
    )
    keep: OneOrMany = Field(
        default=(), description="regexes (RE2) of what is nobody's and stays, such as your own office's number or address"
    )

    @model_validator(mode="after")
    def _usable(self) -> Self:
        clash = sorted(set(self.rules) & set(DEFAULT_KINDS))
        if clash:
            raise ValueError(f"rules: {', '.join(clash)} is built in; give the rule another name")
        if self.skip and self.kinds != "default":
            raise ValueError("skip: takes kinds out of the default; leave them out of `kinds` instead")
        wanted = {self.action, *self.actions.values(), *(rule.action for rule in self.rules.values())}
        if "pseudonym" in wanted and self.pseudonym_key is None:
            raise ValueError("pseudonym_key: is needed for pseudonyms; write ${env:NAME}")
        if self.pseudonym_key and len(self.pseudonym_key.get_secret_value().encode()) < _SHORTEST_KEY:
            raise ValueError(f"pseudonym_key: is shorter than {_SHORTEST_KEY} characters, so it could be guessed")
        try:
            self.policy()
        except ConfigError as error:
            raise ValueError(error.what) from error
        return self

    @field_serializer("pseudonym_key", when_used="json-unless-none")
    def _fingerprint(self, key: Secret) -> str:
        """What shows that the key has changed, and nothing else of it."""
        return hmac.new(key.get_secret_value().encode(), b"washplant pseudonym key", hashlib.sha256).hexdigest()[:16]

    def policy(self) -> Policy:
        """The same for `washplant.text.pii`. Raises ConfigError for a regular expression that RE2 does not take."""
        kinds = tuple(kind for kind in DEFAULT_KINDS if kind not in self.skip) if self.kinds == "default" else self.kinds
        rules = tuple(
            Rule(name, rule.regex, rule.after, rule.before, rule.placeholder or f"[{name}]")
            for name, rule in self.rules.items()
        )
        actions: dict[str, Action] = {kind: self.actions.get(kind, self.action) for kind in kinds}  # type: ignore[call-overload]
        actions |= {name: rule.action or self.action for name, rule in self.rules.items()}
        key = self.pseudonym_key.get_secret_value().encode() if self.pseudonym_key else b""
        return Policy(kinds, tuple(actions.items()), rules, self.keep, key)
