"""Personal data: found on a folded view of the text, replaced in the original. One small file per kind.

engine      find, mask
policy      which kinds, which actions, a user's own rules
kinds       the registry, in order of precedence
kind, draw  what a kind is made of; keyed draws for pseudonyms
stretch, papers                                   what several kinds share
resident_id, bank_card, uscc                      proved by a check digit
mobile, landline, plate, passport, permit, ip, email, url_credentials, accounts   by form, most of them with a word before
name (chinese_name, english_name, name_words), address (english_address)          by the words around them
rule        a user's regular expressions
"""

from washplant.text.pii.engine import PLACEHOLDERS, Masked, Span, find, mask
from washplant.text.pii.kinds import KINDS
from washplant.text.pii.policy import DEFAULT_KINDS, Action, Policy
from washplant.text.pii.rule import Rule

__all__ = ["DEFAULT_KINDS", "KINDS", "PLACEHOLDERS", "Action", "Masked", "Policy", "Rule", "Span", "find", "mask"]
