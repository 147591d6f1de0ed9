"""A report of a water company's customer service as it could be, for tests and for a look at the page."""

from __future__ import annotations

from washplant.report.data import (
    Annotator,
    Bin,
    Count,
    Dataset,
    Duplicates,
    Example,
    File,
    FrequentLine,
    Funnel,
    Labels,
    MaskedColumn,
    MaskedKind,
    Pair,
    Reject,
    ReportData,
    Rules,
    Source,
    Turn,
    Version,
)

HISTOGRAM = (61, 74, 92, 85, 110, 134, 151, 149, 187, 203, 216, 240, 261, 254, 198, 173, 164, 141, 122, 309)
REJECTED = (
    ("shape", "dead_end", 8_204, "水压很小，二楼都上不去水，能不能派人看一下？", "您好，请稍等。"),
    ("shape", "truncated", 2_311, "阶梯水价怎么算？", "居民用水阶梯水价按年度计算，第一阶梯为180立方米以内，每立方米"),
    ("shape", "empty_answer", 1_842, "什么时候来水？", ""),
    ("length", "answer_short", 977, "可以网上过户吗？", "能"),
)
LINE = (
    '{"instruction":"水表不转了怎么办？","input":"","output":"请拨打 96116 报修，我们会在 24 小时内上门检查，更换水表不收费。"}'
)


def report_data() -> ReportData:
    """Every part of the page filled."""
    return ReportData(
        project="water-utility",
        code_version="0.1.0",
        sources=_sources(),
        funnels=_funnels(),
        masked=(MaskedKind("mobile", 41_208, 43_977), MaskedKind("resident_id", 2_190, 2_204)),
        masked_in=(MaskedColumn("messages", "mobile", 41_208, 43_977), MaskedColumn("meta.remark", "name", 3_105, 3_106)),
        changed=(Count("mask", 43_010), Count("normalise", 18_422)),
        frequent=(FrequentLine("qa", "感谢您对供水工作的支持", 9_120, 50_000),),
        duplicates=_duplicates(),
        rejects=tuple(_reject(*row) for row in REJECTED),
        labels=_labels(),
        datasets=(_dataset(), Dataset("chat", "alpaca", ())),
        rules=(Rules("ticket_qa", "4f0a91b2c3d4e5f6", 0), Rules("chat", "90ab12cd34ef5678", 1_204)),
        runs=("raw/tickets/000003", "raw/chats/000002", "curate/000003", "labels/000002", "versions/qa@3"),
    )


def example(number: int, *texts: tuple[str, str], mapping: str = "ticket_qa") -> Example:
    """A sample of (role, text) turns."""
    return Example(f"{number:032x}", mapping, tuple(Turn(role, text) for role, text in texts))


def _sources() -> tuple[Source, ...]:
    return (
        Source("tickets", "hive", 184_203, 371_022, 185_377, 1_174, 3, 0, "updated_at 2025-03-04 23:59:33.508533"),
        Source("chats", "mysql", 903_118, 903_118, 903_118, 0, 2, 1_204, "id 903118"),
        Source("faq", "files", 120, 240, 124, 4, 2, 0, None, 1),
    )


def _funnels() -> tuple[Funnel, ...]:
    drops = tuple(Reject(step, reason, count) for step, reason, count, _, _ in REJECTED)
    near = (Reject("dedup", "near_duplicate", 22_911), Reject("dedup", "exact_duplicate", 14_120))
    return (
        Funnel("ticket_qa", "tickets", "dialogue", False, 184_203, 171_900, near + drops, 121_535, 386, (Count("qa@3", 386),)),
        Funnel("chat", "chats", "dialogue", True, 903_118, 61_204, drops[:2], 50_689, 0, ()),
        Funnel("photo", "photos", "image_classification", False, 80, 80, (), 80, 0, ()),
    )


def _duplicates() -> Duplicates:
    asked = ("user", "请问居民阶梯水价是怎么收费的？")
    answer = "您好，居民阶梯水价分三级：第一级每立方米 2.90 元，第二级 3.85 元，第三级 6.70 元，均含污水处理费。"
    other = "您好！居民阶梯水价共分三级：第一级每立方米2.90元，第二级3.85元，第三级6.70元，均含污水处理费，感谢来电。"
    polite = (
        "用户来电反映所在小区自昨晚起停水，物业告知是水泵检修，但至今没有恢复，"
        "家里有老人和孩子，希望尽快给出准确的恢复时间并安排送水车。"
    )
    return Duplicates(
        threshold=0.8,
        exact=14_120,
        near=sum(HISTOGRAM),
        histogram=tuple(Bin((80 + i) / 100, (81 + i) / 100, count) for i, count in enumerate(HISTOGRAM)),
        pairs=(
            Pair(example(1, asked, ("assistant", answer)), example(2, asked, ("assistant", other)), 0.8027, "near_duplicate"),
            Pair(
                example(3, ("user", f"{polite}谢谢"), ("assistant", "已安排。")),
                example(4, ("user", polite), ("assistant", "已安排。"), mapping="chat"),
                0.9412,
                "near_duplicate",
            ),
        ),
    )


def _reject(step: str, reason: str, count: int, question: str, answer: str) -> Reject:
    texts = (("user", question), ("assistant", answer))
    return Reject(step, reason, count, tuple(example(10 + i, *texts) for i in range(3)))


def _labels() -> Labels:
    people = (
        Annotator("li.na@example.cn", 301, (Count("accept", 201), Count("edit", 82), Count("reject", 18))),
        Annotator("王磊", 199, (Count("accept", 150), Count("edit", 38), Count("skip", 11))),
    )
    return Labels(
        tasks=600,
        reasons=(Count("stratified", 431), Count("conflict", 160), Count("changed", 9)),
        answers=500,
        settled=(Count("accepted", 288), Count("edited", 98), Count("rejected", 18), Count("open", 12)),
        without_answer=184,
        annotators=people,
    )


def _dataset() -> Dataset:
    versions = tuple(_version(number) for number in (3, 2, 1))
    return Dataset("qa", "alpaca", versions, older=0, sample=(LINE, LINE, "not JSON"))


def _version(number: int) -> Version:
    splits = (Count("train", 103 * number), Count("validation", 14 * number), Count("test", 11 * number + 2))
    names = ("train.jsonl", "validation.jsonl", "test.jsonl")
    files = tuple(
        File(name, split.count, split.count * 411, f"{index}{number}" * 32)
        for index, (name, split) in enumerate(zip(names, splits, strict=True))
    )
    withheld = (Count("unlabelled", 121_149), Count("rejected", 18), Count("open", 12))
    return Version(number, splits, withheld, files, (f"curate/{number:06d}", f"labels/{number:06d}"))
