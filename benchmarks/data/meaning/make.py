# ruff: noqa: E501 - lists of sentences
"""The evaluation set of the meaning guard: `python -m benchmarks.data.meaning.make` writes pairs.jsonl.

Frames, substitutions and paraphrases were written by hand for this purpose; the pairs are all their combinations. No text of
a customer is in it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

PLACE = Path(__file__).with_name("pairs.jsonl")

FRAMES = (
    "您好，关于您咨询的业务，{}，办理时请携带身份证原件和最近一期账单到营业厅，感谢您的理解与支持。",
    "尊敬的用户，经核实您反映的情况，工作人员答复如下：{}。如有疑问请随时联系我们。",
    "请问一下，{}？我在手机上没有找到相关说明，麻烦尽快回复，谢谢。",
    "【温馨提示】{}，具体以营业厅公告为准，请您合理安排时间。",
    "Thank you for contacting us. Regarding your request: {} Please keep your latest bill at hand when you call again.",
)
ZH_APART = (
    ("费用是129.80元", "费用是29.80元"), ("滞纳金为千分之一", "滞纳金为千分之五"), ("优惠期最长两年", "优惠期最长一年"),
    ("押金保留两个月", "押金保留三个月"), ("押金一万二", "押金一万三"), ("预计半小时到达", "预计一小时到达"),
    ("打8折优惠", "打9折优惠"), ("减免50%", "减免15%"), ("减免5%", "减免5‰"), ("水压为0.3兆帕", "水压为0.2兆帕"),
    ("每吨2.5元", "每吨25元"), ("3-5天内办结", "35天内办结"), ("5个工作日内到账", "15个工作日内到账"), ("第二档水价", "第三档水价"),
    ("3月5日停水", "3月6日停水"), ("2024年3月起执行", "2025年3月起执行"), ("上午9点到岗", "上午10点到岗"), ("退款20元", "退款20美元"),
    ("等30分钟", "等30秒"), ("需要两个人签字", "需要三个人签字"), ("从5元调整到8元", "从8元调整到5元"), ("口径为20毫米", "口径为25毫米"),
    ("这项业务能办理", "这项业务不能办理"), ("可以网上缴费", "不可以网上缴费"), ("需要预约", "不需要预约"), ("已经恢复供水", "尚未恢复供水"),
    ("您无需到场", "您不能到场"), ("支持代办", "不支持代办"), ("适用于居民用水", "适用于非居民用水"), ("有发票", "没有发票"),
    ("怎样开通自动扣款", "怎样取消自动扣款"), ("启用短信提醒", "停用短信提醒"), ("用量比往年增加", "用量比往年减少"), ("水价上调", "水价下调"),
    ("请打开表前阀门", "请关闭表前阀门"), ("请检查表前阀门", "请检查表后阀门"), ("上午停水", "下午停水"), ("缴费之前办理", "缴费之后办理"),
    ("周一停水", "周三停水"), ("上月账单", "本月账单"), ("水压偏高", "水压偏低"), ("免费更换", "收费更换"), ("绑定户号", "解绑户号"),
    ("检测结果正常", "检测结果异常"), ("申请同意", "申请拒绝"), ("线上办理", "线下办理"), ("不超过5吨以上部分", "不超过5吨以下部分"),
    ("安装水表", "拆除水表"), ("先打开阀门再关闭水泵", "先关闭阀门再打开水泵"), ("收到款项", "发出款项"), ("昨天报修", "今天报修"),
    ("升温超过40度", "升温低于40度"), ("气温-5℃", "气温5℃"), ("1、3单元停水", "13单元停水"), ("住在2号楼", "住在3号楼"), ("合同有效", "合同无效"),
    ("提前办理", "延期办理"), ("最高收费", "最低收费"), ("欠费三期", "欠费两期"), ("充值到账", "提现到账"), ("甲方签字", "乙方签字"),
    ("家庭人口4人", "家庭人口5人"), ("进水口漏水", "出水口漏水"), ("单价2.80元", "单价3.80元"), ("楼上漏水", "楼下漏水"), ("男用户", "女用户"),
    ("禁止使用", "允许使用"), ("城镇户口", "农村户口"), ("去年的账单", "今年的账单"), ("个人开户", "企业开户"),
)
EN_APART = (
    ("you can transfer the meter.", "you cannot transfer the meter."), ("please enable text alerts.", "please disable text alerts."),
    ("pay before the inspection.", "pay after the inspection."), ("a contract with a deposit.", "a contract without a deposit."),
    ("the refund is 12.50 dollars.", "the refund is 125.0 dollars."), ("it takes two days.", "it takes three days."),
    ("closed on March 3, 2024.", "closed on March 13, 2024."), ("the price will increase.", "the price will decrease."),
    ("we do offer that.", "we do not offer that."), ("the answer is yes.", "the answer is no."), ("open on Monday.", "open on Tuesday."),
    ("turn it on.", "turn it off."), ("the tap on the left.", "the tap on the right."), ("it is free of charge.", "it is paid."),
    ("5% is added.", "15% is added."), ("wait 30 minutes.", "wait 30 hours."), ("it was approved.", "it was rejected."),
    ("above 5 tons.", "below 5 tons."), ("an invalid number.", "a valid number."), ("the first step.", "the last step."),
)
ZH_SAME = (
    ("费用是129.80元", "费用是１２９.80元"), ("费用是1,200元", "费用是1200元"), ("滞纳金为千分之五", "滞纳金为5‰"), ("优惠期最长两年", "优惠期最长2年"),
    ("押金一万二", "押金12000"), ("押金1.2万元", "押金12000元"), ("预计半小时到达", "预计30分钟到达"), ("减免百分之五十", "减免50%"),
    ("三天内上门", "3天内上门"), ("二十五个工作日", "25个工作日"), ("保留两个月", "保留2个月"), ("2024年3月3日停水", "2024-03-03停水"),
    ("5元3角", "5.3元"), ("等一个半小时", "等90分钟"), ("一年的期限", "12个月的期限"), ("二楼漏水", "2楼漏水"), ("第三档水价", "第3档水价"),
    ("10吨水", "十吨水"), ("打八折优惠", "打8折优惠"), ("水费50元", "水费￥50"), ("3到5天", "3～5天"), ("上午九点", "上午9点"),
    ("有一个问题", "有个问题"), ("请等一下", "请等下"), ("能不能办理", "能否办理"), ("是不是漏水", "是否漏水"), ("可不可以缴费", "可否缴费"),
    ("万一停水了", "要是停水了"), ("千万要关好阀门", "一定要关好阀门"), ("不好意思久等", "抱歉久等"), ("非常感谢", "十分感谢"), ("特别说明", "说明"),
    ("不能办理过户", "不可以办理过户"), ("无法办理过户", "不能办理过户"), ("不用预约", "无需预约"), ("没有到账", "没到账"), ("请勿外借", "不要外借"),
    ("怎样开通自动扣款", "怎样开启自动扣款"), ("取消订阅", "停用订阅"), ("水价上调", "水价提高"), ("之前办理", "以前办理"), ("周一停水", "星期一停水"),
    ("昨天报修", "昨日报修"), ("企业开户", "公司开户"), ("线上办理", "网上办理"), ("免费更换", "可免费更换"), ("经核实", "经核查"), ("尽快处理", "及时处理"),
    ("无论何时", "不论何时"), ("分别办理", "各自办理"), ("一般情况", "通常情况"), ("一直没水", "总是没水"), ("已登记", "已经登记"), ("本月账单", "当月账单"),
    ("换新水表", "更换新水表"), ("大约需要2小时", "预计需要两小时"), ("您的户号", "你的户号"), ("发票可领取", "发票可以领取"), ("工单已派出", "工单已经派出"),
    ("共5元，需3天", "需3天，共5元"), ("管道冲洗", "管道清洗"), ("差不多好了", "快好了"), ("差3个月", "差三个月"), ("约200吨", "约二百吨"),
    ("请您谅解", "敬请谅解"), ("编号A12", "编号Ａ１２"), ("热线96116", "热线：96116"), ("可以办理", "能够办理"), ("一共三百元", "共300元"), ("两千五百元", "2500元"), ("半年内", "6个月内"),
    ("一周内", "7天内"), ("五成", "50%"),
)  # fmt: skip
EN_SAME = (
    ("you can't transfer it.", "you cannot transfer it."), ("it takes three days.", "it takes 3 days."), ("Pay 1,200 yuan.", "pay 1200 yuan."),
    ("closed on March 3, 2024.", "closed on 3 March 2024."), ("note this.", "please note this."), ("turned off now.", "now turned off."),
    ("we'll do that.", "we will do that."), ("it is disabled.", "it has been disabled."), ("a quick note.", "a short note."),
    ("Enable alerts!", "enable alerts."), ("before Monday.", "Before Monday!"), ("2 hours", "two hours"),
)  # fmt: skip


def pairs() -> Iterator[dict[str, object]]:
    """Every pair of phrases in every frame of its language."""
    for same, chinese, english in ((False, ZH_APART, EN_APART), (True, ZH_SAME, EN_SAME)):
        for frame in FRAMES:
            for left, right in chinese if not frame.isascii() else english:
                yield {"left": frame.format(left), "right": frame.format(right), "same": same}


def main() -> None:
    """Write the file."""
    PLACE.write_text("".join(json.dumps(pair, ensure_ascii=False) + "\n" for pair in pairs()), encoding="utf-8")


if __name__ == "__main__":
    main()
