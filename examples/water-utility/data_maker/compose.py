# ruff: noqa: E501 - a list of sentences stays on one line
"""One ticket in good order: a customer's words, the answer, and the personal data both may hold."""

from __future__ import annotations

import random
import re
from datetime import datetime, timedelta

from .facts import HOTLINES, HOTLINES_EN, MOBILE_STYLES, Facts, id_card, mobile, person
from .phrases import ENGLISH, INTENTS, Faq, Intent
from .rows import Pii, Ticket

MIN_TITLE, MAX_TITLE, MAX_TITLE_EN = 5, 24, 60
CLAUSE_END = re.compile(r"[，。？！；?!]|[.](?![0-9])")
CHANNELS = ("电话", "微信", "APP", "营业厅", "email")
CHANNEL_WEIGHTS = (42, 25, 18, 10, 5)
# Enquiries in which staff ask for, and repeat, the identity card.
ID_CATEGORIES = frozenset({"过户", "用水报装", "多人口阶梯", "低保减免", "退费申请", "信息变更", "销户报停", "用水证明"})
PREFIX = {"电话": ("来电反映：", "用户来电：", "", ""), "营业厅": ("到厅咨询：", "", ""), "email": ("您好！", "客服您好：")}
GREETING = ("您好，", "你好，", "", "", "", "请问一下，")
OPENING = ("您好，", "您好，", "尊敬的用户，您好！", "{title}您好，", "{title}，您好！", "")
CLOSING = ("", "", "特此回复。", "如有疑问，请拨打服务热线{hotline}。", "如还有其他问题，可随时致电{hotline}。", "祝您生活愉快！", "感谢您对供水工作的支持。")
OPENING_EN = ("Hello. ", "Dear customer,\n", "Dear resident, thank you for your message. ", "")
CLOSING_EN = ("", " Thank you for your patience.", " If you need anything else, please call {hotline} and press 9.", " Best regards, English service desk.")
CONTACT = ("联系电话：{mobile}。", "我的手机{mobile}。", "请回电{mobile}，{title}。", "电话{mobile}，随时可以联系。", "{title}，{mobile}。")
CONTACT_EN = (" My phone number is {mobile}.", " You can reach me on {mobile}.")
IDENTITY = ("身份证号：{id_card}。", "户主身份证{id_card}。", "本人身份证号码{id_card}，姓名{name}。")
CALLED_BACK = ("处理结果已电话告知您（{mobile}）。", "办理结果将发送短信至{mobile}。", "后续进展我们会拨打{mobile}告知您。")
IDENTITY_CHECKED = ("已核对身份证{id_card}，信息一致。", "经核验，证件号{id_card}与户主登记信息相符。")
LONG_NUMBERS = ("受理编号{ticket_no}。", "工单号：{ticket_no}。", "业务流水号{order_no}，请留存。")


def make_ordinary(rng: random.Random, when: datetime, *, english: bool = False) -> tuple[Ticket, Facts]:
    """A ticket with its answer, and the facts that both speak of."""
    intent = rng.choice(ENGLISH if english else INTENTS)
    facts = Facts(rng, when)
    channel = rng.choices(CHANNELS, CHANNEL_WEIGHTS)[0]
    facts |= {"name": person(rng), "hotline": rng.choice(HOTLINES_EN if english else HOTLINES)}
    facts["title"] = facts["name"][0] + rng.choice(["先生", "女士"])
    description, reply, closing = (_english if english else _chinese)(rng, intent, channel)
    description, reply, closing = facts.fill(description), facts.fill(reply), facts.fill(closing)
    title = _title(rng, intent, description)
    ticket = Ticket(channel, intent.category, title, description, reply, "已办结", when, answered_at(rng, when))
    add_personal_data(rng, ticket, facts, english=english)
    ticket.edit("reply", lambda text: text + closing)
    return ticket, facts


def answered_at(rng: random.Random, when: datetime) -> datetime:
    """Twenty minutes to two days later."""
    return when + timedelta(minutes=rng.randint(20, 2880), seconds=rng.randrange(60), microseconds=rng.randrange(10**6))


def _title(rng: random.Random, intent: Intent, description: str) -> str:
    """The category, or what the CRM makes of the first clause that is not a greeting."""
    if rng.random() < 0.4:
        return intent.category
    clauses = CLAUSE_END.split(description.split("：", maxsplit=1)[-1])
    longest = MAX_TITLE_EN if description.isascii() else MAX_TITLE
    return next((clause[:longest] for clause in clauses if len(clause) >= MIN_TITLE), intent.category)


def _parts(rng: random.Random, intent: Intent) -> tuple[list[str], list[str]]:
    """The sentences of a question, and those of an answer that fits it."""
    situation, fitting = rng.choice(intent.situations)
    asked = [situation, *rng.sample(intent.details, rng.randint(0, 2))]
    if rng.random() < 0.8:
        asked.append(rng.choice(intent.asks))
    answer = intent.answers[int(rng.choice(fitting))]
    return asked, [answer, *rng.sample(intent.extras, rng.randint(0, 2))]


def _english(rng: random.Random, intent: Intent, _channel: str) -> tuple[str, str, str]:
    asked, answer = _parts(rng, intent)
    return " ".join(asked), rng.choice(OPENING_EN) + " ".join(answer), rng.choice(CLOSING_EN)


def _chinese(rng: random.Random, intent: Intent, channel: str) -> tuple[str, str, str]:
    """Question, answer, and the courtesy that ends the answer."""
    asked, answer = _parts(rng, intent)
    if rng.random() < 0.06:
        answer.append(rng.choice(LONG_NUMBERS))
    greeting = rng.choice(PREFIX.get(channel, GREETING))
    return greeting + "".join(asked), rng.choice(OPENING) + "".join(answer), rng.choice(CLOSING)


def add_personal_data(rng: random.Random, ticket: Ticket, facts: Facts, *, english: bool) -> None:
    """Phone numbers and identity cards, most often in the question, sometimes in the answer."""
    if rng.random() < 0.28:
        _say(rng, ticket, facts, "description", CONTACT_EN if english else CONTACT)
    if english:
        return
    if ticket.category in ID_CATEGORIES and rng.random() < 0.3:
        _say(rng, ticket, facts, "description", IDENTITY)
    if rng.random() < 0.08:
        _say(rng, ticket, facts, "reply", CALLED_BACK)
    if ticket.category in ID_CATEGORIES and rng.random() < 0.08:
        _say(rng, ticket, facts, "reply", IDENTITY_CHECKED)


def _say(rng: random.Random, ticket: Ticket, facts: Facts, column: str, templates: tuple[str, ...]) -> None:
    """Append one of the sentences and note the number in it; an answer repeats the number that the question gave."""
    template = rng.choice(templates)
    if "{mobile}" in template:
        style = rng.choices(MOBILE_STYLES, (60, 10, 10, 10, 10))[0]
        fact, kind, number = "mobile", f"mobile_{style}", mobile(rng, style)
    else:
        fact, kind, number = "id_card", "id_card", id_card(rng)
    given = next((pii for pii in ticket.pii if pii.kind.startswith(fact)), Pii(column, kind, number))
    facts[fact] = given.text
    ticket.edit(column, lambda text: text + facts.fill(template))
    ticket.pii.append(Pii(column, given.kind, given.text))


def make_standard(rng: random.Random, when: datetime, faq: Faq, question: str) -> Ticket:
    """A standard question as a ticket, with the standard answer."""
    reply = rng.choice(("您好，", "", "尊敬的用户，您好！")) + faq.answer
    channel = rng.choice(("微信", "APP"))
    return Ticket(channel, faq.category, faq.category, question, reply, "已办结", when, answered_at(rng, when))


def make_yes_no(rng: random.Random, when: datetime, template: tuple[str, str, str], word: str) -> Ticket:
    """A ticket in which 能 or 不能 decides."""
    facts = Facts(rng, when) | {"can": word}
    category, question, answer = template
    description, reply = question.format_map(facts), answer.format_map(facts)
    return Ticket("电话", category, category + "咨询", description, reply, "已办结", when, answered_at(rng, when))
