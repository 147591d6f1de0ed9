"""The sentences of which tickets, chats and questions are made."""

from .accounts import ACCOUNTS
from .billing import BILLING
from .english import ENGLISH
from .faq_billing import FAQ_BILLING
from .faq_supply import FAQ_SUPPLY
from .intent import Faq, Intent
from .supply import SUPPLY
from .yes_no import CAN_OR_CANNOT

INTENTS: tuple[Intent, ...] = SUPPLY + BILLING + ACCOUNTS
FAQ: tuple[Faq, ...] = FAQ_SUPPLY + FAQ_BILLING

__all__ = ["CAN_OR_CANNOT", "ENGLISH", "FAQ", "INTENTS", "Faq", "Intent"]
