# ruff: noqa: E501 - a list of sentences stays on one line
"""Chat sessions: a robot greets, people type in bursts, some are never answered; lines of all sessions interleave."""

from __future__ import annotations

import random
import re
from datetime import datetime, timedelta

from .facts import MOBILE_STYLES, Facts, mobile, person
from .hanzi import to_traditional
from .mess import EMOJI_CUSTOMER, EMOJI_STAFF, sentences, sprinkle, widen
from .phrases import FAQ, INTENTS
from .rows import Message, Pii
from .tickets import Span

SESSIONS_DAY_1, SESSIONS_DAY_2, CONTINUED = 500, 40, 8
MAX_MESSAGES = 10
GREETINGS = (
    "您好，我是云澜水务智能客服小澜，请问有什么可以帮您？",
    "您好，欢迎使用云澜水务在线客服，请选择：1 水费查询 2 停水信息 3 报修 4 过户 0 转人工",
    "Hi～我是小澜💧 您可以直接输入问题，例如“怎么过户”“停水了吗”，回复“人工”转人工客服。",
)
CONFUSED = ("抱歉，小澜没有理解您的问题，您可以换个说法，或回复“人工”转人工客服。", "您是不是想问：1 如何缴费 2 怎么查户号 3 电子发票？")
TO_STAFF = ("人工", "转人工", "人工客服", "我要找人工", "0")
JOINED = "客服{staff}号已接入会话，会话内容将被记录用于服务质量检查。"
CLOSED = ("会话超时未回复，已自动结束。", "本次会话已结束，请对我们的服务进行评价。")
STAFF_HELLO = ("您好，{staff}号为您服务，请讲。", "您好，请问有什么可以帮您？", "您好，请提供一下户号或地址，我帮您查询。", "您好，您的问题我看到了，请稍等，正在为您核实。")
NUDGES = ("在吗？", "有人吗", "？？", "怎么没人回", "快点啊，急用水")
ROBOT_THANKS = ("谢谢", "好的", "知道了", "明白了，谢谢", "ok")
ON_SITE = re.compile("现场|到场|到达|经检查|经现场|检查发现|检查为|检测结果|取样|已更换|复测|经调取|已批评|改约|复核|今日|已止水|已于|已派人|已在")
DISPATCHED = ("已为您登记，工单号{ticket_no}，工作人员{hours}小时内与您联系。", "好的，已派单给{district}营业所处理，请保持电话畅通。", "您反映的情况已记录，我们核实后会在1个工作日内电话答复您。")
THANKS = ("好的，谢谢", "谢谢", "明白了，谢谢你", "行，那我等着", "好👌", "ok 谢谢")
CONTACT = ("我的电话{mobile}", "你们打我手机吧，{mobile}，{name}", "{mobile} 联系这个号")
GOODBYE = ("不客气，祝您生活愉快！", "不客气，请问还有其他可以帮您的吗？", "好的，有问题随时联系96116。")
FOLLOW_UPS = ("师傅到现在还没来，能催一下吗？", "昨天说的事有结果了吗？", "还是没解决，麻烦再看下。", "好像又不行了，跟昨天一样。")
FOLLOW_UP_ANSWERS = ("您好，已帮您催办，维修人员今天会与您联系。", "您好，查到工单还在处理中，最迟今天下班前给您答复，请保持电话畅通。")


class Session:
    """One conversation while it is being written."""

    def __init__(self, rng: random.Random, when: datetime, session_id: str) -> None:
        self.rng, self.when, self.session_id = rng, when, session_id
        self.facts = Facts(rng, when) | {"staff": str(rng.randint(1001, 1040)), "name": person(rng)}
        self.messages: list[Message] = []

    def say(self, speaker: str, text: str, *marks: str, pii: Pii | None = None) -> None:
        if len(self.messages) == MAX_MESSAGES:
            return
        gap = self.rng.randint(1, 3) if speaker in {"机器人", "系统"} else self.rng.randint(6, 95)
        self.when += timedelta(seconds=gap, milliseconds=self.rng.randrange(1000))
        message = Message(self.session_id, len(self.messages) + 1, speaker, text, self.when, marks=set(marks))
        if pii:
            message.pii.append(pii)
        self.messages.append(message)

    def fill(self, template: str) -> str:
        return template.format_map(self.facts)


def make_session(rng: random.Random, when: datetime, session_id: str) -> Session:
    """Three to ten messages."""
    session = Session(rng, when, session_id)
    if rng.random() < 0.85:
        session.say("机器人", rng.choice(GREETINGS))
    if rng.random() < 0.35:
        _ask_robot(session)
    else:
        _ask_staff(session)
    if len(session.messages) < 3:
        session.say("系统", CLOSED[0])
    if len(session.messages) < 3:
        session.say("系统", CLOSED[1])
    _spoil(session)
    return session


def _ask_robot(session: Session) -> None:
    """Standard questions, which the robot answers itself, or a question it does not understand."""
    rng = session.rng
    for faq in rng.sample(FAQ, rng.randint(1, 2)):
        session.say("客户", faq.short or faq.question)
        if rng.random() < 0.15:
            session.say("机器人", rng.choice(CONFUSED), "robot_confused")
            session.say("客户", faq.question.rstrip("？"))
        session.say("机器人", faq.answer)
    if rng.random() < 0.5:
        session.say("客户", rng.choice(ROBOT_THANKS))
    if rng.random() < 0.4:
        session.say("系统", rng.choice(CLOSED))


def _ask_staff(session: Session) -> None:
    """A case told in bursts to a person, who may answer in bursts, or not at all."""
    rng = session.rng
    intent = rng.choice([intent for intent in INTENTS if intent.category != "表扬感谢"])
    situation, fitting = rng.choice(intent.situations)
    if rng.random() < 0.6:
        session.say("客户", rng.choice(TO_STAFF))
    session.say("系统", session.fill(JOINED))
    asked = [part for part in sentences(session.fill(situation)) if part]
    for part in (*asked, rng.choice(intent.details) if rng.random() < 0.4 else ""):
        if part:
            session.say("客户", session.fill(part).rstrip("。"))
    if rng.random() < 0.18:
        session.say("客户", rng.choice(NUDGES))
        return
    if rng.random() < 0.5:
        session.say("客服", session.fill(rng.choice(STAFF_HELLO)))
    if rng.random() < 0.3:
        style = rng.choices(MOBILE_STYLES, (60, 10, 10, 10, 10))[0]
        number = mobile(rng, style)
        session.facts["mobile"] = number
        session.say("客户", session.fill(rng.choice(CONTACT)), f"mobile_{style}", pii=Pii("text", f"mobile_{style}", number))
    answer = intent.answers[int(rng.choice(fitting))]
    session.say("客服", session.fill(rng.choice(DISPATCHED) if ON_SITE.search(answer) else answer))
    if rng.random() < 0.4:
        session.say("客服", session.fill(rng.choice(intent.extras)))
    if rng.random() < 0.55:
        session.say("客户", rng.choice(THANKS))
        if rng.random() < 0.7:
            session.say("客服", rng.choice(GOODBYE))


def _spoil(session: Session) -> None:
    """Now and then one message of a session is in bad order."""
    rng = session.rng
    people = [message for message in session.messages if message.speaker in {"客户", "客服"} and not message.pii]
    if not people or rng.random() > 0.25:
        return
    message = rng.choice(people)
    kind = rng.choice(["emoji", "zero_width", "traditional", "full_width", "html"])
    message.marks.add(kind)
    match kind:
        case "emoji":
            message.text += rng.choice(EMOJI_CUSTOMER if message.speaker == "客户" else EMOJI_STAFF)
        case "zero_width":
            message.text = sprinkle(rng, message.text)
        case "traditional":
            message.text = to_traditional(message.text)
        case "full_width":
            message.text = widen(message.text)
        case _:
            message.text = f"<p>{message.text}</p>"


def make_sessions(rng: random.Random, span: Span, count: int) -> list[Session]:
    moments = sorted(span.moment(rng) for _ in range(count))
    return [make_session(rng, when, f"S{when:%y%m%d}{number:05d}") for number, when in enumerate(moments, start=1)]


def continue_sessions(rng: random.Random, span: Span, sessions: list[Session]) -> list[Message]:
    """Sessions of the day before in which somebody writes again."""
    added = []
    short = [session for session in sessions if len(session.messages) <= MAX_MESSAGES - 2]
    for session in rng.sample(short, min(CONTINUED, len(short))):
        known = len(session.messages)
        session.when = span.moment(rng)
        session.say("客户", rng.choice(FOLLOW_UPS), "continued_session")
        session.say("客服", rng.choice(FOLLOW_UP_ANSWERS), "continued_session")
        added += session.messages[known:]
    return added


def in_time_order(messages: list[Message], first_id: int) -> list[Message]:
    """The lines as the chat server wrote them."""
    ordered = sorted(messages, key=lambda message: (message.sent_at, message.session_id, message.seq))
    for number, message in enumerate(ordered, start=first_id):
        message.msg_id = f"M{number:07d}"
    return ordered
