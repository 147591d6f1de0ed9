"""Every kind of personal data, in the order in which they win over each other where two fit the same place."""

from __future__ import annotations

from washplant.text.pii.accounts import QQ, WECHAT
from washplant.text.pii.address import ADDRESS
from washplant.text.pii.bank_card import BANK_CARD
from washplant.text.pii.email import EMAIL
from washplant.text.pii.ip import IP
from washplant.text.pii.kind import Kind
from washplant.text.pii.landline import LANDLINE
from washplant.text.pii.mobile import MOBILE
from washplant.text.pii.name import NAME
from washplant.text.pii.passport import PASSPORT
from washplant.text.pii.permit import PERMIT
from washplant.text.pii.plate import PLATE
from washplant.text.pii.resident_id import RESIDENT_ID
from washplant.text.pii.url_credentials import URL_CREDENTIALS
from washplant.text.pii.uscc import USCC

# What holds others comes before what is held (an address of e-mail may hold a mobile number), and what a check digit proves
# before what only has the form.
KINDS: dict[str, Kind] = {
    kind.name: kind
    for kind in (
        URL_CREDENTIALS,
        EMAIL,
        RESIDENT_ID,
        USCC,
        BANK_CARD,
        MOBILE,
        LANDLINE,
        PASSPORT,
        PERMIT,
        PLATE,
        IP,
        WECHAT,
        QQ,
        ADDRESS,
        NAME,
    )
}
