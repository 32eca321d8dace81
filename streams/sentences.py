"""The one Chinese sentence an alert carries: who, what, since when, what to do. For any reader of the topic.

What each role is told, in which words and through what, is routing's; names and phones of people stand nowhere here.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from schemas.alerts import Kind, Resolution
from schemas.times import BEIJING

MISSING = {
    "quarantine": "检验检疫证明",
    "test": "核酸检测证明",
    "disinfection": "消毒证明",
    "trace-code": "溯源码",
    "upload": "上链记录",
}
SCANNED = {"goods.received": "入库", "goods.dispatched": "出库", "goods.sold": "销售"}
NAMES = {
    Kind.POSITIVE: "样品阳性",
    Kind.STAFF_POSITIVE: "从业人员样品阳性",
    Kind.UNCODED_GOODS: "无码商品",
    Kind.PAPERS_MISSING: "缺凭证",
    Kind.NOT_ON_CHAIN: "未上链",
    Kind.SOLD_EARLY: "凭证不全即售",
    Kind.DISINFECTION_MISSING: "场所未消毒",
    Kind.SILENT: "多日无记录",
    Kind.TEST_OVERDUE: "检测逾期",
    Kind.NOT_ACTIVATED: "账户未激活",
    Kind.UNKNOWN_OPERATOR: "未登记经营户",
}
"""What a kind is called wherever people read of it: alerts, messages, the README in Chinese."""
ENDED = {
    Resolution.CLOSED: "经营状态已变更，不再要求",
    Resolution.EXPIRED: "已过提醒期限",
    Resolution.VOID: "有关记录已作废",
    Resolution.WORD: "已处置并关闭",
    Resolution.RECORD: "记录已补齐或更正",
    Resolution.RULES: "规则已调整，不再要求",
}


def beijing(instant: int) -> str:
    """An instant as people write it: 1月5日 09:00."""
    moment = datetime.fromtimestamp(0, UTC) + timedelta(milliseconds=instant + BEIJING)
    return f"{moment.month}月{moment.day}日 {moment:%H:%M}"


def sentence(kind: Kind, who: str, subject: str, detail: dict[str, Any], since: int) -> str:
    """What stands, for a person."""
    when = beijing(since)
    words = {
        Kind.POSITIVE: lambda: (
            f"{who}：样品 {subject}（{detail['hazard']}）检测结果为阳性，采样时间 {when}。"
            "请立即停止销售，货物不要动，两小时内查清每一件的去向。"
        ),
        Kind.STAFF_POSITIVE: lambda: (
            f"{who or '任职单位不明'}：从业人员 {detail['staff']} 的样品 {subject}（{detail['hazard']}）结果为阳性，"
            f"采样时间 {when}。请专班立即联系本人。"
        ),
        Kind.UNCODED_GOODS: lambda: (
            f"{who}：{subject} 有无码商品{'、'.join(SCANNED[name] for name in detail['types'])}，最早 {when}。"
            "请补录溯源码；来源不明的不得销售。"
        ),
        Kind.PAPERS_MISSING: lambda: (
            f"{who}：批次 {subject} 自 {when} 上链起缺{_list(detail)}。请补传，补齐前不要销售。"
        ),
        Kind.NOT_ON_CHAIN: lambda: (
            f"{who}：批次 {subject} 已有扫码，到 {when} 仍未上链，也没有写明供货方的入库记录。请补录上链或入库。"
        ),
        Kind.SOLD_EARLY: lambda: f"{who}：批次 {subject} 于 {when} 出售或出库时缺{_list(detail)}。请停止销售并补齐。",
        Kind.DISINFECTION_MISSING: lambda: (
            f"{who}：{subject} 没有场所消毒记录，{when} 为截止时间。请补录；未消毒的请今天消毒。"
        ),
        Kind.SILENT: lambda: (
            f"{who}：自 {detail['base']} 起没有上链和扫码记录，{when} 为截止时间。请核实是否仍在经营。"
        ),
        Kind.TEST_OVERDUE: lambda: (
            f"{who}：从业人员 {subject} 应在 {when} 前采样检测，到时没有新的采样记录。请尽快安排检测。"
        ),
        Kind.NOT_ACTIVATED: lambda: f"{who}：账户应在 {when} 前激活，至今未激活。请登录并激活。",
        Kind.UNKNOWN_OPERATOR: lambda: f"经营户 {subject} 有记录但没有登记，{when} 起待核实。请核实并登记。",
    }
    return words[kind]()


def ending(kind: Kind, who: str, subject: str, resolved_by: Resolution) -> str:
    """What stands no longer, for a person."""
    return f"{who or subject}：{subject} 的“{NAMES[kind]}”提醒已结束（{ENDED[resolved_by]}），无需再处理。"


def _list(detail: dict[str, Any]) -> str:
    return "、".join(MISSING[name] for name in detail["missing"])
