"""Every kind of personal data: what is found, how it may be written, and what only looks like it. All of it is made up."""

from __future__ import annotations

import pyarrow as pa
import pytest

from washplant.text.pii import KINDS, PLACEHOLDERS, find, mask
from washplant.text.pii.bank_card import is_card, luhn
from washplant.text.pii.permit import is_hong_kong, is_taiwan
from washplant.text.pii.uscc import is_uscc


def masked(text: str) -> str:
    return mask(pa.array([text])).texts[0].as_py()


PLATES = (
    *("京A·12345", "京A 12345", "京 A 12345", "京A  12345", "京A · 12345", "京A・12345", "京A‧12345", "京A．12345"),
    *("京A 1 2 3 4 5", "京A-D·12345", "京AD 12345", "京Ａ　１２３４５"),
)
# {kind} stands for its placeholder.
FOUND = [
    ("电话：一三八 一二三四 五六七八", "电话：{mobile}"),
    ("幺三八洞洞幺三八洞洞洞", "{mobile}"),
    ("壹叁捌壹贰叁肆伍陆柒捌", "{mobile}"),
    ("1三8一2三4五6七8", "{mobile}"),
    ("张三 13812345678", "{name} {mobile}"),  # 三 is no digit here
    ("李四13812345678", "{name}{mobile}"),
    ("身份证 一一零一零五一九四九一二三一零零二X", "身份证 {resident_id}"),
    ("4111-1111-1111-1111", "{bank_card}"),
    ("my card is 4111 1111 1111 1111 exp 12/25", "my card is {bank_card} exp 12/25"),
    ("Card number: 378282246310005", "Card number: {bank_card}"),
    ("卡号４１１１１１１１１１１１１１１１。", "卡号{bank_card}。"),
    ("税号：91110108551385082Q", "税号：{uscc}"),
    ("91110108 551385082q", "{uscc}"),
    ("０５７１－８７６５４３２１", "{landline}"),
    ("（010）8765 4321", "{landline}"),
    ("+86-10-87654321", "{landline}"),
    ("0571-87654321转123", "{landline}"),
    ("电话87654321", "电话{landline}"),
    ("京A·F1234", "{plate}"),
    *((f"车牌{plate}，停在楼下", "车牌{plate}，停在楼下") for plate in PLATES),
    *((f"{who}0571-87654321", f"{who}{{landline}}") for who in ("我的电话是", "公司电话", "营业厅的人打我", "call ")),
    ("粤B12345D", "{plate}"),
    ("车牌京a12345", "车牌{plate}"),
    ("京ＡＦ１２３４", "{plate}"),
    ("沪A1234学", "{plate}"),
    ("护照E12345678", "护照{passport}"),
    ("passport: EB1234567", "passport: {passport}"),
    ("港澳通行证C12345678", "港澳通行证{permit}"),
    ("香港身份证A123456(3)", "香港身份证{permit}"),
    ("台胞证12345678", "台胞证{permit}"),
    ("台湾身份证A123456789", "台湾身份证{permit}"),
    ("ZHANG.SAN@QQ.COM", "{email}"),
    ("zhangsan＠163．com，谢谢", "{email}，谢谢"),
    ("zhangsan（at）163.com", "{email}"),
    ("zhangsan#qq.com", "{email}"),
    ("zhang13812345678@qq.com", "{email}"),
    ("IP：220.181.38.148", "IP：{ip}"),
    ("220。181。38。148登录", "{ip}登录"),
    ("from 2408:8207:1850:2a60:1c2d:3e4f:5a6b:7c8d", "from {ip}"),
    ("http://admin:123456@192.168.1.1:8080/", "http://{url_credentials}@192.168.1.1:8080/"),
    ("https://a.example.com/x?id=1&access_token=abcdef123456", "https://a.example.com/x?id=1&access_token={url_credentials}"),
    ("微信：wxid_abc123def456", "微信：{wechat}"),
    ("加v：hello_2020", "加v：{wechat}"),
    ("微信：zhangsanfeng", "微信：{wechat}"),
    ("我的QQ号码是：12345678", "我的QQ号码是：{qq}"),
    ("扣扣 １２３４５６７", "扣扣 {qq}"),
    ("您好，我是李明，上周报修的", "您好，我是{name}，上周报修的"),
    ("我叫欧阳娜娜", "我叫{name}"),
    ("喜欢王明老师的课", "喜欢{name}老师的课"),
    ("感谢刘老师", "感谢{name}老师"),
    ("户名：王筱晗", "户名：{name}"),
    ("客户王小明来电反映", "客户{name}来电反映"),
    ("My name is Zhang Wei.", "My name is {name}."),
    ("Dear Ms. Li Wei,", "Dear Ms. {name},"),
    ("I am John Smith from Acme", "I am {name} from Acme"),
    ("住在北京市海淀区中关村南大街5号院6号楼1203室", "住在{address}"),
    ("上海市浦东新区张江路1000弄20号301室", "{address}"),
    ("我家在和谐小区3栋2单元401，漏水", "我家在{address}，漏水"),
    ("收货地址：杭州市西湖区文三路478号华星时代广场A座1203", "收货地址：{address}"),
    ("阳光花园12-3-402漏水", "{address}漏水"),
    ("Ship it to 12 Oak Street, Apt 4B, Springfield", "Ship it to {address}"),
]


@pytest.mark.parametrize(("text", "expected"), FOUND, ids=[text for text, _ in FOUND])
def test_is_found(text: str, expected: str) -> None:
    assert masked(text) == expected.format_map(PLACEHOLDERS)


@pytest.mark.parametrize(
    "text",
    [
        *(
            "95588",
            "12345热线",
            "400-820-8820",
            "8008101234",
            "服务热线0571-87654321",
            "客服电话：021-62345678",
            "座机010-12345",
        ),
        *("订单号4111111111111111", "单号13812345678", "工单号 13812345678", "水表表号：13812345678", "流水202312131234567890"),
        *("2023-12-13 12:34:56", "版本号 10.0.19041.1", "v1.2.3.4", "pip install numpy==36.58.61.101", "13812345678.50元"),
        *("路由器后台192.168.1.1", "DNS改成114.114.114.114", "https://example.com/item/4111111111111111"),
        *(
            "service@company.com",
            "git@github.com:org/repo.git",
            "npm i @types/node@20.1.2",
            "@app.route",
            "user@example.invalid",
        ),
        *("津B 1234 5678", "苏E 2 3 4 5吨", "浙C 2024 年", "晋B 12345678", "桂A 2.5 3.5", "川A 100 元"),
        *("营业厅：0571-87654321", "物业的电话 0571-87654321", "front desk: 0571-87654321", "Invoice 087652798836"),
        *("贵州茅台1499元", "苏A类资质", "error E12345678", "part G25619900", "护照过期了", "passport required"),
        *("加微信群领优惠", "use WeChat to pay", "微信公众号", "QQ音乐会员", "qq群123456789", "my WeChat account is locked"),
        *(
            "先生您好",
            "各位女士",
            "客户经理会联系您",
            "高级经理",
            "提高医生待遇",
            "基础设施工程师",
            "我叫了三次",
            "本人因出差",
            "我是新用户",
        ),
        *(
            "户主变更需要材料",
            "联系人和电话必填",
            "姓名：华润物业有限公司",
            "先生产后销售",
            "Mr. President",
            "My name is wrong",
            "Name: String",
        ),
        *(
            "3号楼停电",
            "地铁2号线3号口",
            "请到建国路88号营业厅办理",
            "营业厅地址：幸福街79号",
            "每100户家庭",
            "5 Star Street Food",
        ),
        *("一二三四五六七八九十", "二零二四年一月十五日", "第一百二十三条", "[姓名]先生，[手机号]"),
    ],
)
def test_what_is_nobodys_stays(text: str) -> None:
    assert masked(text) == text


def test_check_digits() -> None:
    assert luhn("4111111111111111") and not luhn("4111111111111112")
    assert is_card("378282246310005") and not is_card("0000000000000000") and not is_card("9111111111111118")
    assert is_uscc("91110108551385082Q") and not is_uscc("91110108551385082R")
    assert is_hong_kong("A", "123456", "3") and not is_hong_kong("A", "123456", "4")
    assert is_taiwan("A", "123456789") and not is_taiwan("A", "123456780")


def test_offsets_are_those_of_the_text_as_it_stands() -> None:
    text = "\U0001f600是\u200b１３８\u200b１２３４ ５６７８，王\u200b伟先生"
    assert [(text[span.start : span.end], span.kind) for span in find(text)] == [
        ("１３８\u200b１２３４ ５６７８", "mobile"),
        ("王\u200b伟", "name"),
    ]


def test_precedence_is_the_registrys_order() -> None:
    """A mobile number within an address of e-mail, and within an identity number, is not cut out of it."""
    order = list(KINDS)
    assert order.index("email") < order.index("mobile") > order.index("resident_id")
    assert order[-1] == "name"
