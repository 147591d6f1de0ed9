"""Values for the slots of templates.txt: generated, none of them taken from anyone. Personal ones have valid check digits."""

from __future__ import annotations

import random
import string
from collections.abc import Callable

R = random.Random


def words(text: str) -> list[str]:
    """The words of a line."""
    return text.split()


SURNAMES = (
    "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕苏卢蒋蔡贾丁魏薛叶阎余潘杜戴夏"
    "钟汪田任姜范方石姚谭廖邹熊金陆郝孔白崔康毛邱秦江史顾侯邵孟龙万段雷钱汤尹黎易常武乔贺赖龚文"
)
DOUBLE_SURNAMES = ("欧阳", "司马", "上官", "诸葛", "皇甫", "尉迟")
GIVEN = "伟芳娜秀英敏静丽强磊军洋勇艳杰娟涛明超霞平刚桂华玉梅志建国文红春晓雪婷浩宇轩子涵梓欣怡佳琪思博俊峰海燕云鹏飞龙辉"
ENGLISH_GIVEN = words("James Mary Robert Linda Michael Susan David Karen Emily Daniel Laura Kevin Olivia Ahmed Priya Wei")
ENGLISH_FAMILY = words("Smith Johnson Brown Taylor Wilson Clark Lewis Walker Young Turner Khan Patel Zhang Wang Chen O'Brien")
CITIES = {
    "北京市": ("朝阳区", "海淀区", "丰台区"),
    "上海市": ("浦东新区", "徐汇区", "闵行区"),
    "广东省深圳市": ("南山区", "福田区"),
    "浙江省杭州市": ("西湖区", "余杭区"),
    "四川省成都市": ("武侯区", "高新区"),
    "江苏省南京市": ("鼓楼区", "江宁区"),
    "湖北省武汉市": ("洪山区", "江岸区"),
    "陕西省西安市": ("雁塔区", "碑林区"),
}
ROADS = words(
    "建国路 人民中路 解放大道 科技二路 文三路 幸福街 长江西路 中山东路 学府路 新华街 和平里北街 龙井巷 滨河东路 天府三街"
)
ESTATES = words("阳光花园 锦绣家园 碧桂园 万科城 金色家园 翠湖苑 和谐小区 建设新村 海棠公寓 星河湾 御景豪庭 春晓里 水岸名都")
PROVINCES = "京津沪渝冀晋辽吉黑苏浙皖闽赣鲁豫鄂湘粤琼川贵云陕甘青蒙桂宁新藏"
HOTLINES = words("12345 96110 95588 95598 10086 10010 12315 12329 400-820-8820 4008208820 800-810-1234 8008101234 96116")
HOTLINES += ["400 650 1234", "+86 400-650-1234"]
WIDE = {point: point + 0xFEE0 for point in range(0x21, 0x7F)}
SPOKEN = (str.maketrans("0123456789", "零一二三四五六七八九"), str.maketrans("0123456789", "〇幺二三四五六七八九"))


def digits(r: R, count: int, first: str = "0123456789") -> str:
    return r.choice(first) + "".join(r.choices(string.digits, k=count - 1))


def grouped(number: str, sizes: tuple[int, ...], gap: str) -> str:
    parts, at = [], 0
    for size in sizes:
        parts.append(number[at : at + size])
        at += size
    return gap.join(part for part in [*parts, number[at:]] if part)


def hidden(r: R, value: str, *forms: str) -> str:
    """A value written plainly (six in ten), or in one of the forms that hide it from a simple pattern."""
    if r.random() < 0.6:
        return value
    form = r.choice(("wide", "zero_width", *forms))
    if form == "wide":
        return value.translate(WIDE)
    if form == "zero_width":
        at = r.randrange(1, len(value))
        return value[:at] + r.choice("\u200b\u200d\ufeff") + value[at:]
    if form == "spoken":
        return value.translate(r.choice(SPOKEN))
    return form


def mobile(r: R) -> str:
    number = r.choice(words("13 13 15 15 17 18 18 19 16 14")) + digits(r, 9)
    gap = r.choice(" -")
    forms = (grouped(number, (3, 4, 4), gap), grouped(number, (3, 4, 4), gap), "spoken", "spoken")
    return hidden(r, number, *forms, "+86 " + number, "+86-" + grouped(number, (3, 4, 4), "-"), " ".join(number))


def resident_id(r: R) -> str:
    region = r.choice(words("110105 310115 440305 330106 510107 320106 420111 610113 371302 220104"))
    body = f"{region}{r.randint(1945, 2012)}{r.randint(1, 12):02}{r.randint(1, 28):02}{digits(r, 3)}"
    weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
    number = body + "10X98765432"[sum(w * int(d) for w, d in zip(weights, body, strict=True)) % 11]
    forms = (grouped(number, (6, 8), " "), grouped(number, (6, 8), "-"), grouped(number, (6, 4, 4), " "), number.lower())
    return hidden(r, number, *forms, *(["spoken"] if number[-1] != "X" else []))


def bank_card(r: R) -> str:
    prefix = r.choice(words("622202 621700 622848 6225 6214 4 5264"))
    length = 19 if len(prefix) == 6 else 16
    body = prefix + digits(r, length - len(prefix) - 1)
    odd = [int(d) for d in reversed(body)]
    total = sum(sum(divmod(d * 2, 10)) if at % 2 == 0 else d for at, d in enumerate(odd))
    number = body + str(-total % 10)
    fours = (4, 4, 4, 4)
    return hidden(r, number, grouped(number, fours, " "), grouped(number, fours, " "), grouped(number, fours, "-"))


def uscc(r: R) -> str:
    alphabet = "0123456789ABCDEFGHJKLMNPQRTUWXY"
    body = r.choice(["91", "91", "92", "52", "12"]) + r.choice(words("110105 310115 440305 330106"))
    body += "".join(r.choices(alphabet, k=9))
    total = sum(alphabet.index(c) * pow(3, at, 31) for at, c in enumerate(body))
    code = body + alphabet[-total % 31]
    return hidden(r, code, code.lower(), grouped(code, (2, 6, 9), " "), grouped(code, (8, 9), "-"))


def landline(r: R) -> str:
    area = r.choice(words("010 021 0571 0755 028 0316 0797 0551"))
    local = digits(r, 7 if area in ("0316", "0797") else 8, "2345678")
    plain = r.choice([f"{area}-{local}", f"{area}-{local}", area + local, f"{area} {local}", f"({area}){local}"])
    forms = (f"（{area}）{local}", f"+86-{area[1:]}-{local}", f"{area}-{local[:-4]} {local[-4:]}")
    return hidden(r, plain, *forms, f"{area}-{local}转{digits(r, 3, '123')}")


def plate(r: R) -> str:
    letters = "ABCDEFGHJKLMNPQRSTUVWXYZ"
    places = list(digits(r, 5))
    for at in r.sample(range(4), k=r.choice([0, 0, 1, 2])):
        places[at] = r.choice(letters)
    tail = "".join(places)
    head = r.choice(PROVINCES) + r.choice("ABCDEFGH")
    plain = r.choice([head + tail, head + tail, head + tail, head + r.choice("DF") + digits(r, 5)])
    forms = (f"{head}·{tail}", f"{head} {tail}", f"{head}-{tail}", f"{head} · {tail}", head + tail[:4] + r.choice("学警挂"))
    return hidden(r, plain, plain.lower(), *forms)


def passport(r: R) -> str:
    plain = r.choice(["E", "G", "EA", "EB", "EJ"])
    plain += digits(r, 9 - len(plain))
    letters = len(plain.rstrip(string.digits))
    return hidden(r, plain, plain.lower(), plain[:letters] + " " + plain[letters:])


def permit(r: R) -> str:
    plain = r.choice(["H" + digits(r, 8), "H" + digits(r, 10), "M" + digits(r, 8), "C" + digits(r, 8), "T" + digits(r, 8)])
    return hidden(r, plain, plain.lower(), f"{plain[0]} {plain[1:]}")


def handle(r: R) -> str:
    pinyin = r.choice(words("zhang li wang chen xiaoming lilei hanmei sunny tom lucky dahai"))
    return pinyin + r.choice(["", "_", ".", "-"]) + r.choice([digits(r, 3), digits(r, 4, "12"), "cn88"])


def email(r: R) -> str:
    host = r.choice(words("qq.com 163.com 126.com gmail.com outlook.com sina.cn mail.hzwater.com.cn company.co.uk"))
    user = digits(r, 9, "123456789") if host == "qq.com" else handle(r)
    plain = f"{user}@{host}"
    return hidden(r, plain, f"{user}＠{host}", f"{user} @ {host}", plain.upper(), f"{user}@{host}".replace(".", "．"))


def ip(r: R) -> str:
    network = r.choice([36, 58, 61, 101, 113, 116, 123, 180, 202, 218, 223])
    plain = ".".join(str(n) for n in (network, *r.choices(range(1, 255), k=3)))
    if r.random() < 0.12:
        return "2408:" + ":".join(f"{r.randrange(1, 65536):x}" for _ in range(7))
    return hidden(r, plain, plain.replace(".", "。") if r.random() < 0.3 else plain)


def url_credentials(r: R) -> str:
    """A URL; between ‹ and › stands what gives access."""
    word = "".join(r.choices(string.ascii_letters + string.digits, k=10))
    token = "".join(r.choices(string.ascii_letters + string.digits, k=32))
    return r.choice(
        [
            f"https://‹{handle(r)}:{word}›@git.example.com/group/app.git",
            f"mysql://‹root:{word}›@db.example.com:3306/crm",
            f"redis://‹:{word}›@cache.example.com:6379/0",
            f"ftp://‹upload:{word}›@files.example.com/in",
            f"https://api.example.com/v1/bills?access_token=‹{token}›",
            f"jdbc:mysql://db.example.com/crm?user=app&password=‹{word}›",
        ]
    )


def address(r: R) -> str:
    city = r.choice(list(CITIES))
    district = r.choice(CITIES[city])
    road, estate, n = r.choice(ROADS), r.choice(ESTATES), lambda top: str(r.randint(1, top))
    room = f"{r.randint(1, 32)}0{r.randint(1, 6)}"
    return r.choice(
        [
            f"{city}{district}{road}{n(400)}号{estate}{n(30)}号楼{n(4)}单元{room}室",
            f"{city}{district}{road}{n(400)}号{n(20)}栋{room}",
            f"{district}{estate}{n(30)}栋{n(4)}单元{room}",
            f"{estate}{n(30)}号楼{room}室",
            f"{city[-3:]}{district}{road}{n(900)}弄{n(60)}号{room}室",
            f"{road}{n(300)}号{estate}{n(20)}幢{room}室",
            f"{city}{district}{estate}{r.choice('一二三四五六七八九')}期{n(20)}座{room}",
            f"{district}{r.choice('李王赵')}家庄村{n(12)}组{n(90)}号",
            f"{estate}{n(30)}-{n(4)}-{room}",
            f"{city}{district}{road}{n(400)}号",
        ]
    )


def english_address(r: R) -> str:
    road, end = r.choice(words("Main Oak Victoria Jianguo Park Renmin")), r.choice(words("Street Road Ave Rd Lane"))
    street = f"{r.randint(1, 999)} {road} {end}"
    return r.choice(
        [
            f"{street}, Apt {r.randint(1, 40)}B, Springfield",
            f"Room {r.randint(101, 2805)}, Building {r.randint(1, 30)}, No. {street}, Haidian District, Beijing",
            f"Flat {r.randint(1, 40)}, {street}, London",
            f"{street}, Shanghai 200040",
        ]
    )


def name(r: R) -> str:
    surname = r.choice(SURNAMES) if r.random() < 0.96 else r.choice(DOUBLE_SURNAMES)
    return surname + "".join(r.choices(GIVEN, k=1 if r.random() < 0.25 else 2))


def wechat(r: R) -> str:
    plain = r.choice(words("xiaoming lilei hanmei sunny dahai zhangsan")) + r.choice("_-a") + digits(r, r.choice([2, 4]))
    coded = "wxid_" + "".join(r.choices(string.ascii_lowercase + string.digits, k=12))
    return hidden(r, r.choice([plain, plain, coded]))


PERSONAL: dict[str, tuple[str, Callable[[R], str]]] = {
    "mobile": ("mobile", mobile),
    "resident_id": ("resident_id", resident_id),
    "bank_card": ("bank_card", bank_card),
    "uscc": ("uscc", uscc),
    "landline": ("landline", landline),
    "plate": ("plate", plate),
    "passport": ("passport", passport),
    "permit": ("permit", permit),
    "email": ("email", email),
    "ip": ("ip", ip),
    "url_credentials": ("url_credentials", url_credentials),
    "address": ("address", address),
    "eaddress": ("address", english_address),
    "name": ("name", name),
    "surname": ("name", lambda r: r.choice(SURNAMES)),
    "ename": ("name", lambda r: f"{r.choice(ENGLISH_GIVEN)} {r.choice(ENGLISH_FAMILY)}"),
    "esurname": ("name", lambda r: r.choice(ENGLISH_FAMILY)),
    "wechat": ("wechat", wechat),
    "qq": ("qq", lambda r: hidden(r, digits(r, r.randint(6, 10), "123456789"))),
}
"""Slot: the kind its value is labelled with, and how a value is made."""


def date(r: R) -> str:
    y, m, d = r.randint(2018, 2025), r.randint(1, 12), r.randint(1, 28)
    forms = [f"{y}-{m:02}-{d:02}", f"{y}年{m}月{d}日", f"{y}/{m}/{d}", f"{m}月{d}号"]
    return r.choice([*forms, f"{y}{m:02}{d:02}", f"{y}.{m:02}.{d:02}"])


def amount(r: R) -> str:
    thousands = f"{r.randint(1, 99)},{r.randint(0, 999):03}.00"
    return r.choice([f"{r.randint(1, 9999)}.{r.randint(0, 99):02}", thousands, digits(r, 8, "1") + ".50"])


def version(r: R) -> str:
    return ".".join(str(n) for n in r.choices(range(1, 20), k=r.choice([3, 3, 4])))


def order(r: R) -> str:
    return r.choice([digits(r, 12, "3456"), stamp(r) + digits(r, 8), "DD" + digits(r, 11), stamp(r) + digits(r, 5)])


def stamp(r: R) -> str:
    return f"{r.randint(2019, 2025)}{r.randint(1, 12):02}{r.randint(1, 28):02}"


def hexadecimal(r: R, count: int) -> str:
    return "".join(r.choices("0123456789abcdef", k=count))


PLAIN: dict[str, Callable[[R], str]] = {
    "order": order,
    "order16": lambda r: stamp(r) + digits(r, 8),
    "order18": lambda r: stamp(r) + digits(r, 10),
    "serial": lambda r: r.choice([stamp(r) + digits(r, 20), digits(r, 19, "12789"), stamp(r) + digits(r, 12)]),
    "serial19": lambda r: stamp(r) + digits(r, 11),
    "ticket": lambda r: r.choice(["GD", "WO-", "T"]) + stamp(r) + digits(r, 4),
    "meter": lambda r: r.choice([digits(r, 10), digits(r, 12), "SB" + digits(r, 9), digits(r, 8)]),
    "account": lambda r: digits(r, r.choice([8, 10, 12]), "2345678"),
    "tracking": lambda r: r.choice(["SF" + digits(r, 13), "YT" + digits(r, 13), digits(r, 13, "4579"), "JD" + digits(r, 12)]),
    "date": date,
    "date8": stamp,
    "time": lambda r: f"{r.randint(0, 23):02}:{r.choice(['00', '30', '15'])}",
    "year": lambda r: str(r.randint(1990, 2025)),
    "amount": amount,
    "decimal": lambda r: f"{r.randint(0, 20)}.{digits(r, r.choice([1, 2, 8]))}",
    "version": version,
    "hotline": lambda r: r.choice(HOTLINES),
    "sku": lambda r: r.choice([f"LXS-{r.randint(15, 50)}E", f"A{digits(r, 4)}-{digits(r, 3)}", f"DN{r.randint(15, 300)}"]),
    "sn": lambda r: hexadecimal(r, 12).upper(),
    "mac": lambda r: ":".join(hexadecimal(r, 2) for _ in range(6)),
    "ms": lambda r: "17" + digits(r, 11),
    "hash": lambda r: hexadecimal(r, r.choice([7, 32, 40])),
    "uuid": lambda r: "-".join(hexadecimal(r, n) for n in (8, 4, 4, 4, 12)),
    "privateip": lambda r: r.choice(["192.168.1.1", "192.168.0.1", "192.168.31.1", "10.0.0.138", "172.16.4.20"]),
    "code6": lambda r: digits(r, 6),
    "pick": lambda r: f"{r.randint(1, 20)}-{r.randint(1, 9)}-{digits(r, 4)}",
    "lon": lambda r: f"{r.randint(100, 125)}.{digits(r, 6)}",
    "lat": lambda r: f"{r.randint(20, 45)}.{digits(r, 6)}",
    "batch": lambda r: stamp(r)[2:] + r.choice("ABC") + digits(r, 2),
    "contract": lambda r: f"HT-{r.randint(2019, 2025)}-{digits(r, 6)}",
    "inv12": lambda r: "0" + digits(r, 11),
    "inv8": lambda r: digits(r, 8),
    "n": lambda r: str(r.randint(2, 99)),
    "n4": lambda r: digits(r, 4),
    "n5": lambda r: digits(r, 5),
    "bizroad": lambda r: r.choice(ROADS),
    "city": lambda r: r.choice(words("杭州 成都 武汉 西安 南京")),
    "district": lambda r: r.choice(words("西湖 武侯 洪山 雁塔 江宁")),
    "company": lambda r: r.choice(["蓝天科技有限公司", "恒通贸易有限公司", "新源餐饮管理有限公司"]),
}
"""Slot: how a value is made that is not personal."""
