"""One sentence for each thing that is told: who, what is missing, since when, what to do, by when. In Chinese.

By kind, role and change; private kinds say to each role only what it may know. No sentence asks a grid worker to seal
or to enforce. Not for how sentences become messages (wecom, sms).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from schemas.alerts import Kind
from schemas.notices import Change, Suppressed
from schemas.registry import Role
from schemas.times import BEIJING, DAY, HOUR
from streams.delivery.words import GOODS, PAPERS, ROLES, SCANS, day, hazard, listed, moment, quoted
from streams.routing.model import Case, Lacking
from streams.routing.rules import Telling
from streams.sentences import NAMES

WHEREABOUTS = 2 * HOUR
"""From a positive result to the whereabouts of every unit of the lot: Zhejiang's rule. It runs from when the result
came, for everybody: who is told later has less of it left.
"""
NOTICE = HOUR
"""Least time that people are given to the next cutoff; else the one after it."""


@dataclass(frozen=True, slots=True)
class Sentence:
    """The parts of a sentence, for channels that need them apart. `since` and `do` may be empty."""

    shop: str
    what: str
    since: str
    do: str
    note: str = ""

    def __str__(self) -> str:
        since = f"，自{self.since}起" if self.since else ""
        do = f"{self.do}。" if self.do else ""
        return f"{self.shop}：{self.what}{since}。{do}{self.note}"


@dataclass(frozen=True, slots=True)
class Setting:
    """What a sentence needs besides the alert: the time of telling, the cutoff of days, how many tests are overdue, and
    when a critical episode began.
    """

    now: int
    cutoff: int
    overdue: int = 0
    began: int = 0


def shop(case: Case) -> str:
    """How an operator is called: by the name it registered, else by its identifier."""
    if not case.operator:
        return "无经营户"
    return quoted(case.name) if case.name.strip() else f"经营户{quoted(case.operator)}"


def by_when(setting: Setting) -> str:
    """The next daily cutoff that leaves people an hour."""
    midnight = (setting.now + BEIJING) // DAY * DAY - BEIJING
    due = midnight + setting.cutoff
    return moment(due if due >= setting.now + NOTICE else due + DAY)


def _lot(case: Case) -> str:
    return f"批次{quoted(case.subject)}"


def _positive(case: Case) -> str:
    of = f"批次{quoted(str(case.detail['lot']))}的货物" if case.detail.get("lot") else ""
    if not of:
        of = "货物" if case.detail.get("on") == "goods" else "场所环境"
    return f"{of}检出{hazard(case.detail.get('hazard'))}阳性（样品{quoted(case.subject)}）"


def _sold_early(case: Case) -> str:
    if case.missing == ("upload",):
        return f"{_lot(case)}没有上链就已售出"
    return f"{_lot(case)}缺{listed(case.missing, PAPERS)}就已售出"


WHAT: dict[Kind, Callable[[Case], str]] = {
    Kind.POSITIVE: _positive,
    Kind.STAFF_POSITIVE: lambda case: (
        f"从业人员{quoted(str(case.detail.get('staff')))}检出{hazard(case.detail.get('hazard'))}阳性"
        f"（样品{quoted(case.subject)}）"
    ),
    Kind.UNCODED_GOODS: lambda case: (
        f"{day(case.subject)}{listed(tuple(case.detail.get('types') or ()), SCANS)}的货物没有溯源码"
    ),
    Kind.PAPERS_MISSING: lambda case: (
        f"{_lot(case)}（{GOODS.get(str(case.detail.get('goods')), '进口食品')}）缺{listed(case.missing, PAPERS)}"
    ),
    Kind.NOT_ON_CHAIN: lambda case: f"{_lot(case)}有扫码记录，但没有上链，也没有写明供货方",
    Kind.SOLD_EARLY: _sold_early,
    Kind.DISINFECTION_MISSING: lambda case: f"缺{day(case.subject)}的场所消毒记录",
    Kind.SILENT: lambda case: f"{day(str(case.detail['base']))}以后没有任何上链、扫码记录",
    Kind.TEST_OVERDUE: lambda case: f"从业人员{quoted(str(case.detail.get('staff')))}没有按期检测",
    Kind.NOT_ACTIVATED: lambda _: "登记后没有激活上链账户",
    Kind.UNKNOWN_OPERATOR: lambda _: "有记录提到这家经营户，但没有它的登记",
}

ENDED: dict[Kind, Callable[[Case], str]] = {
    Kind.POSITIVE: lambda case: f"样品{quoted(case.subject)}的阳性提醒",
    Kind.STAFF_POSITIVE: lambda case: f"从业人员{quoted(str(case.detail.get('staff')))}的阳性提醒",
    Kind.UNCODED_GOODS: lambda case: f"{day(case.subject)}{NAMES[Kind.UNCODED_GOODS]}的提醒",
    Kind.PAPERS_MISSING: lambda case: f"{_lot(case)}{NAMES[Kind.PAPERS_MISSING]}的提醒",
    Kind.NOT_ON_CHAIN: lambda case: f"{_lot(case)}{NAMES[Kind.NOT_ON_CHAIN]}的提醒",
    Kind.SOLD_EARLY: lambda case: f"{_lot(case)}{NAMES[Kind.SOLD_EARLY]}的提醒",
    Kind.DISINFECTION_MISSING: lambda case: f"{day(case.subject)}{NAMES[Kind.DISINFECTION_MISSING]}的提醒",
    Kind.SILENT: lambda _: f"{NAMES[Kind.SILENT]}的提醒",
    Kind.TEST_OVERDUE: lambda case: f"从业人员{quoted(str(case.detail.get('staff')))}{NAMES[Kind.TEST_OVERDUE]}的提醒",
    Kind.NOT_ACTIVATED: lambda _: f"{NAMES[Kind.NOT_ACTIVATED]}的提醒",
    Kind.UNKNOWN_OPERATOR: lambda _: f"{NAMES[Kind.UNKNOWN_OPERATOR]}的提醒",
}

WHY = {
    "record": "已有记录补上或更正",
    "void": "有关记录已作废",
    "word": "已登记处理完毕",
    "closed": "该户现不经营",
    "expired": "已过保留期限",
    "rules": "规定已调整",
}
CORRECTED = "检测结果已更正"
"""Why a positive ends by a record: a later result of the sample stands."""
MOVED = "检测结果已更正，或从业登记有变（变到哪家，另行提醒）"
"""The same of a staff member, who may also turn out to work, or not to work, somewhere."""

DO: dict[Kind, dict[Role, str]] = {
    Kind.POSITIVE: {
        Role.OWNER: "请立即停售，货物不要动，{hours}前向专班报清去向",
        Role.OFFICER: "请立即到场核查、封存，{hours}前查清全部去向",
        Role.GRID_WORKER: "请到店外看看是否停售，不要碰货，有情况马上告诉监管所",
        Role.DUTY_DESK: "请启动追溯，{hours}前查清全部去向",
    },
    Kind.UNCODED_GOODS: {
        Role.OWNER: "请停售无码商品，{by}前补码或退回供货方",
        Role.OFFICER: "请核查货源，责令改正",
        Role.GRID_WORKER: "请上门看看，提醒店家先不要卖无码商品",
    },
    Kind.PAPERS_MISSING: {
        Role.OWNER: "请在{by}前补传",
        Role.OFFICER: "请督促在{by}前补齐，不补的依法处理",
        Role.GRID_WORKER: "请上门提醒店家在{by}前补传",
    },
    Kind.NOT_ON_CHAIN: {
        Role.OWNER: "请在{by}前上链，或补记供货方",
        Role.OFFICER: "请核查货物来源，督促在{by}前上链",
        Role.GRID_WORKER: "请上门提醒店家在{by}前上链",
    },
    Kind.SOLD_EARLY: {
        Role.OWNER: "请先停售这批货，{by}前补齐并说明卖给了谁",
        Role.OFFICER: "请核查售出去向，依法处理",
        Role.GRID_WORKER: "请上门看看这批货是否还在卖，提醒店家先停售",
    },
    Kind.DISINFECTION_MISSING: {
        Role.OWNER: "当天消过毒的，请在{by}前补记；没有的，请今天就消毒",
        Role.OFFICER: "请督促落实每日消毒",
        Role.GRID_WORKER: "请上门提醒店家每天消毒并记录",
    },
    Kind.SILENT: {
        Role.OFFICER: "请核实是否还在经营进口食品",
        Role.DUTY_DESK: "请知悉，已请监管所核实",
    },
    Kind.TEST_OVERDUE: {Role.OWNER: "请安排在{by}前检测，检测前不要接触货物"},
    Kind.NOT_ACTIVATED: {
        Role.OFFICER: "请督促激活账户",
        Role.DUTY_DESK: "请知悉，已请监管所督促",
    },
    Kind.UNKNOWN_OPERATOR: {
        Role.OFFICER: "请核实并补登记",
        Role.DUTY_DESK: "请安排核实，补登记",
    },
    Kind.STAFF_POSITIVE: {Role.DUTY_DESK: "请立即联系本人和经营户，{hours}前查清接触情况"},
}


def sentence(telling: Telling, setting: Setting) -> Sentence:
    """The sentence for one telling."""
    case, role = telling.case, telling.role
    note = _note(telling)
    if case.kind is Kind.STAFF_POSITIVE and role is not Role.DUTY_DESK:
        return _health(telling)
    if case.kind is Kind.TEST_OVERDUE and role is not Role.OWNER:
        return _overdue(case, setting, note)
    if telling.change is Change.ENDS:
        by_record = {Kind.POSITIVE: CORRECTED, Kind.STAFF_POSITIVE: MOVED} if case.resolved_by == "record" else {}
        why = by_record.get(case.kind) or WHY.get(case.resolved_by or "", "")
        return Sentence(shop(case), f"{ENDED[case.kind](case)}已解除", "", why)
    what = WHAT[case.kind](case)
    if telling.change is Change.GROWS:
        what = f"又有新的欠缺，{what}"
    elif telling.change is Change.STANDS:
        what = f"（此前已有）{what}"
    return Sentence(shop(case), what, moment(case.since), _do(case, role, setting), note)


def _do(case: Case, role: Role, setting: Setting) -> str:
    words = DO.get(case.kind, {})
    text = words.get(role, "请转告有关人员")
    return text.format(by=by_when(setting), hours=moment(setting.began + WHEREABOUTS))


def _health(telling: Telling) -> Sentence:
    """A positive staff member, for the owner (who it is, no result) and the others (no person, no result)."""
    case, ends = telling.case, telling.change is Change.ENDS
    if telling.role is Role.OWNER:
        staff = f"从业人员{quoted(str(case.detail.get('staff')))}"
        if ends:
            return Sentence(shop(case), f"{staff}的停岗提醒已解除", "", "是否返岗请听专班安排")
        return Sentence(shop(case), f"{staff}须立即停止上岗", "", "专班会与您电话联系，请不要外传")
    if ends:
        return Sentence(shop(case), "专班处理的健康事项已结束", "", "")
    return Sentence(shop(case), "专班正在处理一件健康事项", "", "请配合专班，不要打听和外传")


def _overdue(case: Case, setting: Setting, note: str) -> Sentence:
    """How many staff of an operator have not been tested in time, for those who may not know who."""
    if setting.overdue == 0:
        return Sentence(shop(case), "从业人员的检测都已跟上", "", "", note)
    what = f"现有{setting.overdue}名从业人员没有按期检测"
    return Sentence(shop(case), what, "", f"请提醒店家在{by_when(setting)}前安排检测", note)


def _note(telling: Telling) -> str:
    """What the desk is told of roles of which nobody could be told. That an unknown operator has no place is known."""
    whys: dict[str, dict[str, None]] = {}
    for lacking in telling.instead_of:
        if lacking.area or telling.case.kind is not Kind.UNKNOWN_OPERATOR:
            whys.setdefault(_why(lacking), {})[ROLES[lacking.role]] = None
    words = "；".join(why.format("、".join(roles)) for why, roles in whys.items())
    return f"（{words}，请专班转告）" if words else ""


def _why(lacking: Lacking) -> str:
    if lacking.reason is Suppressed.PRIVATE:
        return "{}登记的是群聊，不能收隐私内容"
    if lacking.reason is Suppressed.NO_CHANNEL:
        return "{}没有可用的联系方式"
    return "没有登记{}" if lacking.area else "该户没有登记辖区，找不到{}"


def feed_sentence(feed: str, complete_until: int | None, *, moves: bool) -> Sentence:
    """A holding feed stands still, or moves again. `complete_until` None: it has never said anything."""
    name = f"数据接口{quoted(feed)}"
    if moves:
        return Sentence(name, "已恢复", "", "缺漏提醒照常进行")
    until = "从来没有报送" if complete_until is None else f"数据只完整到{moment(complete_until)}"
    return Sentence(name, f"停住了，{until}", "", "这段时间的缺漏暂不提醒，请联系上级平台")
