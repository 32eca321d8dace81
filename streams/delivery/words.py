"""The words that sentences are made of: times, papers, goods, hazards, and text from outside that is safe to quote."""

from __future__ import annotations

import unicodedata
from datetime import date

from schemas.times import BEIJING, DAY, HOUR, MINUTE, date_of

PAPERS = {
    "quarantine": "检验检疫证明",
    "test": "核酸检测证明",
    "disinfection": "消毒证明",
    "trace-code": "溯源码",
    "upload": "上链记录",
}
GOODS = {
    "fruit": "水果",
    "chilled-meat": "冷藏肉",
    "chilled-aquatic": "冷藏水产品",
    "frozen-meat": "冷冻肉",
    "frozen-aquatic": "冷冻水产品",
    "other-food": "其他食品",
}
SCANS = {"goods.received": "入库", "goods.dispatched": "出库", "goods.sold": "销售"}
HAZARDS = {"sars-cov-2": "新冠病毒", "salmonella": "沙门氏菌", "cadmium": "镉", "listeria": "李斯特菌"}
ROLES = {"owner": "负责人", "officer": "执法人员", "grid-worker": "网格员", "duty-desk": "专班"}

# what a group chat's markdown, or an SMS signature, would take for something else than text
_UNSAFE = str.maketrans("*`[]<>@【】", "＊｀［］＜＞＠［］")


def quoted(text: str, most: int = 24) -> str:
    """A text from outside (a name, an identifier) as plain text of one line, cut at `most` characters."""
    text = "".join(" " if unicodedata.category(char)[0] in "CZ" else char for char in text)
    text = " ".join(text.split()).translate(_UNSAFE).replace("://", "：//")
    return text if len(text) <= most else text[: most - 1] + "…"


def day(iso: str) -> str:
    """`2022-01-05` → 1月5日."""
    moment = date.fromisoformat(iso)
    return f"{moment.month}月{moment.day}日"


def moment(instant: int) -> str:
    """An instant in Beijing time: 1月5日 09:00."""
    clock = (instant + BEIJING) % DAY
    return f"{day(date_of(instant))} {clock // HOUR:02d}:{clock % HOUR // MINUTE:02d}"


def listed(names: list[str] | tuple[str, ...], words: dict[str, str]) -> str:
    """Names as people say them: 检验检疫证明、溯源码."""
    return "、".join(words.get(name, quoted(name)) for name in names)


def hazard(name: object) -> str:
    """What was found."""
    return HAZARDS.get(str(name), quoted(str(name))) if name else "有害因子"
