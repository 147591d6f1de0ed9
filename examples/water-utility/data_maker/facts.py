# ruff: noqa: E501 - a list of names or sentences stays on one line
"""Made-up people, places, dates and numbers: one `Facts` per ticket, so that question and answer agree."""

from __future__ import annotations

import random
from datetime import date, datetime, timedelta
from typing import Literal

MobileStyle = Literal["plain", "spaced", "dashed", "plus86", "full_width"]
MOBILE_STYLES: tuple[MobileStyle, ...] = ("plain", "spaced", "dashed", "plus86", "full_width")

SURNAMES = "王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘蒋蔡杜叶程苏魏吕丁任沈"
GIVEN_NAMES = (
    "伟", "芳", "秀英", "敏", "静", "丽", "强", "磊", "洋", "艳", "勇", "军", "杰", "娟", "涛", "明", "超", "桂兰", "霞", "平",
    "建国", "志强", "晓燕", "雨桐", "子涵", "浩然", "淑珍", "海燕", "春梅", "文博", "佳怡", "国华", "玉兰", "俊杰", "思远", "丽娜",
)
DISTRICTS = ("东湖区", "南浦区", "西岭区", "北塘区", "云澜高新区", "滨江新区")
DISTRICTS_EN = ("Donghu", "Nanpu", "Xiling", "Beitang", "the High-tech Zone", "Binjiang New Area")
COMMUNITIES = (
    "翠湖花园", "金桂苑", "阳光新城", "锦绣江南", "和平新村", "东方雅苑", "碧水云天", "紫荆公寓", "新塘小区", "望江府", "丽景名都",
    "纺织厂宿舍", "书香门第", "绿城春晓", "安居新村", "白鹭洲小区", "万和世家", "凤凰城", "湖畔嘉园", "文一小区", "景云花苑", "水木清华园",
)
COMMUNITIES_EN = (
    "Emerald Lake Garden", "Riverside Court", "Sunshine New Town", "Phoenix Apartments", "Egret Island", "Scholars' Court",
    "Jasmine Residence", "Lakeview Towers", "Maple Garden", "Harbour One",
)
ROADS = (
    "解放路", "建设北路", "滨江大道", "文昌路", "中兴街", "环城东路", "学院路", "望湖路", "朝阳街", "工农路", "桃源路", "新华南路",
    "云澜大道", "迎宾路", "民生巷", "后塘街", "香樟路", "青年路",
)
MOBILE_PREFIXES = ("130", "131", "135", "136", "137", "138", "139", "150", "151", "158", "159", "177", "180", "186", "188", "189", "198")
# County codes that GB/T 2260 has not assigned: the cards pass every check and belong to nobody.
ID_REGIONS = ("330195", "330196", "330197", "330198")
ID_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
FULL_WIDTH = {code: code + 0xFEE0 for code in range(0x21, 0x7F)}
FULL_WIDTH_ALNUM = {code: wide for code, wide in FULL_WIDTH.items() if chr(code).isalnum()}
PRICE_YUAN_PER_M3 = 2.95
HOTLINES_EN = ("96116", "400-826-9611", "0571-85009611")
HOTLINES = ("96116", "400-826-9611", "0571-85009611", "0571-96116转2", "４００－８２６－９６１１")


def mobile(rng: random.Random, style: MobileStyle) -> str:
    """A synthetic mobile number as customers write it."""
    number = rng.choice(MOBILE_PREFIXES) + f"{rng.randrange(10**8):08d}"
    parts = (number[:3], number[3:7], number[7:])
    match style:
        case "plain":
            return number
        case "spaced":
            return " ".join(parts)
        case "dashed":
            return "-".join(parts)
        case "plus86":
            return f"+86{rng.choice(['', ' ', '-'])}{number}"
        case "full_width":
            return number.translate(FULL_WIDTH)


def id_checksum(first17: str) -> str:
    """GB 11643 (ISO 7064 mod 11-2)."""
    total = sum(int(digit) * weight for digit, weight in zip(first17, ID_WEIGHTS, strict=True))
    return "10X98765432"[total % 11]


def id_card(rng: random.Random) -> str:
    """A resident ID number with a valid checksum, of a region that does not exist."""
    birth = date(1948, 1, 1) + timedelta(days=rng.randrange(56 * 365))
    first17 = f"{rng.choice(ID_REGIONS)}{birth:%Y%m%d}{rng.randrange(1, 1000):03d}"
    return first17 + id_checksum(first17)


def person(rng: random.Random) -> str:
    return rng.choice(SURNAMES) + rng.choice(GIVEN_NAMES)


def clock(rng: random.Random, first_hour: int = 6, last_hour: int = 22) -> str:
    return f"{rng.randint(first_hour, last_hour)}:{rng.choice(['00', '10', '20', '30', '40', '50'])}"


def day_text(day: datetime) -> str:
    return f"{day.month}月{day.day}日"


class Facts(dict[str, str]):
    """Everything a sentence may name, drawn once; `str.format_map` picks what it needs."""

    def __init__(self, rng: random.Random, when: datetime) -> None:
        super().__init__()
        self.update(_places(rng))
        self.update(_times(rng, when))
        self.update(_bill(rng, when, int(self["days"])))
        self.update(_measurements(rng))

    def fill(self, template: str) -> str:
        return template.format_map(self)


def _places(rng: random.Random) -> dict[str, str]:
    district = rng.randrange(len(DISTRICTS))
    community, community_en = rng.choice(COMMUNITIES), rng.choice(COMMUNITIES_EN)
    building, unit, floor, flat = rng.randint(1, 38), rng.randint(1, 4), rng.randint(1, 28), rng.randint(1, 4)
    styles = (
        f"{community}{building}幢{unit}单元{floor}0{flat}室", f"{community}{building}栋{floor}0{flat}",
        f"{rng.choice(ROADS)}{rng.randint(3, 588)}号{community}{building}-{unit}-{floor}0{flat}", f"{community}{building}号楼{floor}0{flat}",
    )
    return {
        "district": DISTRICTS[district],
        "district_en": DISTRICTS_EN[district],
        "community": community,
        "community_en": community_en,
        "addr": rng.choice(styles),
        "addr_en": f"Room {floor}0{flat}, Building {building}, {community_en}",
        "road": rng.choice(ROADS),
        "no": str(rng.randint(3, 588)),
        "floor": str(floor),
    }


def _times(rng: random.Random, when: datetime) -> dict[str, str]:
    happened = when - timedelta(days=rng.randint(0, 4))
    visit = when + timedelta(days=rng.randint(1, 4))
    tomorrow = when + timedelta(days=1)
    arrival = when + timedelta(minutes=rng.randint(25, 90))
    return {
        "date": day_text(happened),
        "yesterday": day_text(when - timedelta(days=1)),
        "today": day_text(when),
        "tomorrow": day_text(tomorrow),
        "tomorrow_en": f"{tomorrow:%B} {tomorrow.day}",
        "date_en": f"{happened:%B} {happened.day}",
        "visit": f"{day_text(visit)}{rng.choice(['', '上午', '下午'])}",
        "time": clock(rng),
        "evening": clock(rng, 18, 22),
        "arrive": f"{arrival.hour}:{arrival.minute:02d}",
        "hours": str(rng.randint(2, 8)),
        "days": str(rng.randint(3, 15)),
        "months": str(rng.randint(2, 6)),
        "month": str((when.month - rng.randint(1, 2) - 1) % 12 + 1),
        "year": str(rng.randint(2016, 2023)),
        "tail_day": str(rng.randint(5, 25)),
    }


def _bill(rng: random.Random, when: datetime, days: int) -> dict[str, str]:
    volume, usual = rng.randint(38, 120), rng.randint(12, 32)
    last = rng.randint(120, 2400)
    return {
        "account": f"{rng.randint(20, 69)}{rng.randrange(10**8):08d}",
        "volume": str(volume),
        "last": str(last),
        "reading": str(last + volume),
        "over": str(rng.randint(3, volume - 20)),
        "amount": f"{volume * PRICE_YUAN_PER_M3:.2f}",
        "usual": f"{usual * PRICE_YUAN_PER_M3:.2f}",
        "actual": str(last + usual),
        "penalty": f"{volume * PRICE_YUAN_PER_M3 * days / 1000:.2f}",
        "ticket_no": f"{when:%Y%m%d}{rng.randrange(10**6):06d}",
        "order_no": f"{when:%Y%m%d%H%M}{rng.randrange(10**8):08d}",
        "deposit": str(rng.choice([500, 1000, 2000, 3000])),
        "cost": str(rng.choice([86, 120, 185, 260, 320, 480])),
        "fee": str(rng.choice([20, 25, 30, 40])),
        "reward": str(rng.choice([20, 30, 50])),
    }


def _measurements(rng: random.Random) -> dict[str, str]:
    return {
        "pipe": str(rng.choice([100, 150, 200, 300, 400, 600])),
        "pressure": str(rng.randint(16, 34)),
        "ntu": f"{rng.randint(8, 62):02d}",
        "chlorine": f"{rng.randint(12, 58)}",
        "hardness": str(rng.randint(48, 130)),
        "err": f"{rng.choice(['+', '-'])}{rng.randint(1, 18) / 10}",
        "db": str(rng.randint(38, 52)),
        "people": str(rng.randint(5, 8)),
        "tail": f"{rng.randrange(10**4):04d}",
    }
