# ruff: noqa: E501 - a list of sentences stays on one line
"""Rows that nobody should train on, of listed kinds, made from a seed; written without looking at the product's lists.

Every kind has two pools of texts. Rules were tuned on the first; the second is held out, and its figure reported apart.
A row is (kind, held out, question, answer).
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator

SEED = 7
PER_KIND = 75  # in each of 16 kinds: two thirds from the first pool

Row = tuple[str, bool, str, str]
Maker = Callable[[random.Random, bool], str]

QUESTIONS_ZH = (
    "我家水费这个月突然多了一百多，怎么回事？", "办理过户需要带哪些材料？", "小区今天停水到几点？", "我想把扣款的银行卡换一张，在哪里改？", "快递显示签收但我没收到，怎么处理？",
    "买的洗衣机脱水时声音特别大，正常吗？", "会员到期以后积分会清零吗？", "发票抬头写错了可以重开吗？", "退货的运费由谁承担？", "手机号换了收不到验证码怎么办？", "水压太低热水器打不着火，请派人来看一下。",
    "新房怎么开户通水？", "你们周末营业吗？", "订单一直没有发货，帮我催一下。", "宽带经常掉线，重启也没用。", "优惠券为什么用不了？",
)
QUESTIONS_EN = (
    "My card has not arrived after two weeks, what should I do?", "How do I change the address on my account?", "Why was I charged twice for the same order?", "Can I return shoes that I wore once outside?",
    "The app crashes every time I open the payment page.", "What documents do I need to open an account?", "When will the water supply be restored on Lake Street?", "How long does a refund take?",
)
ANSWERS_ZH = (
    "您可以登录网上营业厅，在账户设置里修改后次日生效", "工作人员会在三个工作日内上门检查水表并告知结果", "请携带身份证原件和房产证复印件到就近网点办理", "系统升级期间部分功能暂停使用，预计今晚十点恢复", "退款会按照原支付方式退回，一般需要五个工作日到账",
)
ANSWERS_EN = (
    "You can change the delivery address in the app until the parcel has left our warehouse", "Our technician will visit you tomorrow between nine and twelve and replace the meter free of charge",
    "Refunds go back to the card that you paid with and take about five working days", "Please restart the router and wait until all four lights are green",
)
EMPTY = ((" ", "\n\n", "\u3000", "<br><br>", "&nbsp;&nbsp;", "<p></p>", "\u200b", "<div><br></div>"), ("\t", "<p>&nbsp;</p>", "\ufeff", "<span></span>", " \r\n "))
STALLS = (
    ("请稍等哈，我帮您查一下", "亲，这边帮您看一下哦", "麻烦您耐心等待一下", "好的，马上为您转接人工客服", "您稍等，正在给您核实", "One moment please", "Let me check that for you.", "已转相关部门处理", "Please hold while I transfer you", "亲亲稍等片刻哦~"),
    ("稍等一会儿哈，小妹这就帮您查", "您好，麻烦稍候", "这就替您转接专员呢", "已提交给上级部门跟进，请耐心等待结果", "Just a sec", "I'll look into this and get back to you shortly.", "Please bear with me", "马上帮您催一下哦", "亲，等一下下哦", "Your request has been forwarded to the technical team"),
)
REFUSALS = (
    ("不知道", "这个我不清楚哦", "抱歉，这个问题我回答不了", "我也没办法", "I don't know.", "Sorry, I can't help with that.", "对不起，我暂时不太了解这个情况", "作为一个AI语言模型，我无法提供这方面的信息。", "No idea", "很抱歉，我没有听懂您的意思"),
    ("不好意思呀，这方面我们也不是很清楚呢", "真的帮不了您", "啊这个我确实不知道诶", "抱歉，查询不到相关信息", "I'm afraid I have no idea about that.", "Unfortunately we are unable to answer this question.", "As an AI, I am not able to do that.", "这个事情我处理不了", "I really can't say", "暂时没有答案"),
)
NOTHING = (
    ("嗯", "哦哦", "。。。", "？？？", "呵呵", "[]", "——", "😊😊", "无", "N/A", "！！！", "👍", "哈哈哈", "null", "好的"),
    ("额", "……", "~~~", "🙏", "啊啊", "&&&", "hmm", "嗯呐", "、、、", "😂", "None", "行", "ok", "()", "嘻嘻"),
)
NOTICES = (
    ("【系统消息】会话已结束，感谢您的咨询", "客服小张已接入会话", "您已进入人工服务，前面还有3人排队", "请对我的服务进行评价", "本邮件及附件含有保密信息，仅供指定收件人使用，如误收请删除。", "发自我的iPhone", "回复1查询账单\n回复2报修\n回复0转人工", "Agent Tom has joined the chat", "Press 1 for billing\nPress 2 for technical support", "Sent from my iPhone"),
    ("系统提示：由于您长时间未回复，会话已自动关闭", "您好，人工坐席已为您接入\n请为本次服务打分", "This message is confidential and intended solely for the addressee.", "输入数字3了解资费\n输入数字9返回上一级", "The chat has been closed due to inactivity", "Please rate your experience with our agent", "用户撤回了一条消息", "Type 2 to speak to an agent", "发自华为手机", "To unsubscribe click here"),
)
PHRASES = (("非常好", "水费", "请注意", "very good ", "thank you "), ("退款", "谢谢您", "please wait ", "好的呢", "refund now "))
KEYBOARD = ("qwertyuiop", "asdfghjkl", "zxcvbnm")
CUTS = (("，", "：", "、", "，但是", "（", "，因为", "如下：", "..."), ("，而且", "，请您", "【", "，由于", "“", "……", "，如果您", "包括："))
SYMBOLS = ("#$%^&*@!", "=-=-+_|/\\", "★☆◆◇■□", "~`{}[]<>")
URLS = ("https://shop.example.com/p/{}?utm=a&id={}", "http://t.example.cn/{}{}", "www.example.org/help/{}/{}.html")


def bad_rows() -> Iterator[Row]:
    """All rows, the same every time."""
    for kind, (make, ask) in KINDS.items():
        rng = random.Random(f"{SEED}-{kind}")
        for number in range(PER_KIND):
            held = number % 3 == 2
            question = rng.choice(QUESTIONS_EN if ask == "en" or (ask == "any" and number % 4 == 3) else QUESTIONS_ZH)
            if kind == "echo":
                yield kind, held, question, _echo(rng, held, question)
            else:
                yield kind, held, question, make(rng, held)


def _pick(pools: tuple[tuple[str, ...], tuple[str, ...]]) -> Maker:
    return lambda rng, held: rng.choice(pools[held])


def _loop(rng: random.Random, held: bool) -> str:
    """A phrase again and again, as models and stuck keys do."""
    return rng.choice(PHRASES[held]) * rng.randint(6, 30)


def _sentences_again(rng: random.Random, held: bool) -> str:
    end, answers = rng.choice([("。", ANSWERS_ZH), (". ", ANSWERS_EN)])
    return (rng.choice(answers[held::2]) + end) * rng.randint(3, 6)


def _letters(rng: random.Random, held: bool) -> str:
    """Words of random letters; held out: runs on a keyboard."""
    if held:
        runs = [row[(at := rng.randrange(len(row) - 4)) : at + rng.randint(4, 7)] for row in rng.choices(KEYBOARD, k=5)]
        return rng.choice([" ", ""]).join(runs)
    words = ["".join(rng.choices("bcdfghjklmnpqrstvwxz" + "aeiou", k=rng.randint(4, 9))) for _ in range(rng.randint(4, 8))]
    return " ".join(words)


def _characters(rng: random.Random, held: bool) -> str:
    """Random Chinese characters in common use (GB 2312, first level); held out: of both levels."""
    last = 0xF8 if held else 0xD8
    codes = (bytes([rng.randrange(0xB0, last), rng.randrange(0xA1, 0xFA)]) for _ in range(rng.randint(16, 40)))
    return "".join(code.decode("gb2312", "ignore") for code in codes)


def _mojibake(rng: random.Random, held: bool) -> str:
    """UTF-8 read as GBK, past repair; held out: GBK read as UTF-8."""
    text = rng.choice(ANSWERS_ZH)
    return text.encode("gbk").decode("utf-8", "replace") if held else text.encode().decode("gbk", "replace")


def _cut(rng: random.Random, held: bool) -> str:
    text = rng.choice(ANSWERS_ZH)
    return text[: rng.randint(14, len(text))].rstrip("，") + rng.choice(CUTS[held])


def _symbols(rng: random.Random, held: bool) -> str:
    return "".join(rng.choices(SYMBOLS[2 * held] + SYMBOLS[2 * held + 1], k=rng.randint(10, 40)))


def _digits(rng: random.Random, held: bool) -> str:
    groups = ["".join(rng.choices("0123456789", k=rng.randint(6, 12))) for _ in range(rng.randint(5, 9))]
    return (", " if held else " ").join(groups)


def _urls(rng: random.Random, held: bool) -> str:
    links = [rng.choice(URLS[held:]).format(rng.randrange(10**6), rng.randrange(10**4)) for _ in range(rng.randint(1, 3))]
    return ("\n" if held else " ").join(links)


def _echo(rng: random.Random, held: bool, question: str) -> str:
    """The question itself; held out: with a nod before it or another punctuation mark."""
    if not held:
        return question
    nod = "" if question.isascii() else rng.choice(["", "您好，", "亲，"])
    return nod + question.rstrip("？?。.") + rng.choice(["", "?", "？"])


def _other_language(language: str) -> Maker:
    answers, end = (ANSWERS_EN, ".") if language == "en" else (ANSWERS_ZH, "。")
    return lambda rng, held: rng.choice(answers[held::2]) + end


KINDS: dict[str, tuple[Maker, str]] = {
    "empty": (_pick(EMPTY), "any"),
    "stall": (_pick(STALLS), "any"),
    "refusal": (_pick(REFUSALS), "any"),
    "says nothing": (_pick(NOTHING), "any"),
    "notice or menu only": (_pick(NOTICES), "any"),
    "phrase again and again": (_loop, "any"),
    "sentence again and again": (_sentences_again, "any"),
    "random letters": (_letters, "en"),
    "random characters": (_characters, "zh"),
    "wrong decoding": (_mojibake, "zh"),
    "cut off": (_cut, "zh"),
    "symbols": (_symbols, "any"),
    "digits": (_digits, "any"),
    "links": (_urls, "any"),
    "echo": (_pick(EMPTY), "any"),
    "English to a Chinese question": (_other_language("en"), "zh"),
    "Chinese to an English question": (_other_language("zh"), "en"),
}
"""What is wrong with the answer, how it is made, and the language of the question."""
