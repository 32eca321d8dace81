"""Takes the picture of the demo from a real run: `python docs/images/take.py` (needs tmux; with chromium a PNG too).

Runs `lianfang demo` in a terminal of tmux, copies its screen while the province's feed stands still on day 11, and the
ledger at the end, and draws both as they were. Exit code: the demo's.
"""

from __future__ import annotations

import io
import re
import shutil
import subprocess
import sys
import time
import uuid
from html import escape
from pathlib import Path

from rich.cells import cell_len
from rich.console import Console
from rich.style import Style
from rich.terminal_theme import SVG_EXPORT_THEME
from rich.text import Text

HERE = Path(__file__).parent
COLUMNS, LINES = 118, 46
SCENE = "stands still since"
LEDGER = "Ledger, counted from the topics"
ENDED = re.compile(r"exit code (\d+)")
WITHIN = 1200.0
CELL, ROW = 8.4, 18.0
FONTS = "DejaVu Sans Mono, Menlo, Consolas, Noto Sans Mono CJK SC, WenQuanYi Micro Hei Mono, monospace"
LOOK = f'font-family="{FONTS}" font-size="14"'
THEME = SVG_EXPORT_THEME
_WIDE = r"\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6"
_RUNS = re.compile(f"[{_WIDE}]|[^{_WIDE}]+")
"""A wide character, or a run of narrow ones."""
_CHROME = re.compile("exit code|starting broker|all ready|the history is through")
"""Lines of the terminal beside the picture and the ledger."""


def main(arguments: list[str]) -> int:
    """Arguments go to `lianfang demo`."""
    session = f"demo-{uuid.uuid4().hex[:6]}"
    lianfang = Path(sys.executable).with_name("lianfang")
    command = f"{lianfang} demo {' '.join(arguments)}; echo exit code $?; exec cat"
    _tmux("new-session", "-d", "-s", session, "-x", str(COLUMNS), "-y", str(LINES), command)
    try:
        return _watch(session)
    finally:
        _tmux("kill-session", "-t", session)


def _watch(session: str) -> int:
    scenes: list[str] = []
    until = time.monotonic() + WITHIN
    while time.monotonic() < until:
        screen = _screen(session)
        plain = _plain(screen)
        if SCENE in plain and "clock: waits for feed" in plain and "day 11" in plain:
            scenes.append(screen)
        if (ended := ENDED.search(_plain(screen))) is not None:
            if scenes:
                _draw(scenes[len(scenes) // 2], "demo", "lianfang demo: day 11, the province's feed stands still")
            whole = _screen(session, "-S", "-200")
            if LEDGER in whole:
                _draw(whole[whole.rindex("\n", 0, whole.index(LEDGER)) + 1 :], "ledger", "lianfang demo: the ledger")
            return int(ended[1])
        time.sleep(0.2)  # a screen has nothing to wait for
    return 1


def _screen(session: str, *more: str) -> str:
    """The pane with its colours."""
    return _tmux("capture-pane", "-e", "-p", "-t", session, *more)


def _plain(screen: str) -> str:
    return Text.from_ansi(screen).plain


def _tmux(*arguments: str) -> str:
    done = subprocess.run(["tmux", *arguments], check=True, capture_output=True, text=True)  # noqa: S603, S607
    return done.stdout


def _draw(screen: str, name: str, title: str) -> None:
    lines = [line for line in screen.rstrip("\n").split("\n") if not _CHROME.match(_plain(line))]
    path = HERE / f"{name}.svg"
    path.write_text(svg_of([Text.from_ansi(line) for line in lines], title), encoding="utf-8")
    print(path)  # noqa: T201 - what was made
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    if chromium is not None:
        _to_png(chromium, path)


def svg_of(lines: list[Text], title: str) -> str:
    """A terminal's lines as SVG: every wide character has a place of its own, or fonts would push lines apart."""
    console = Console(width=COLUMNS, color_system="truecolor", file=io.StringIO(), force_terminal=True)
    width, height = COLUMNS * CELL + 24, (len(lines) + 2.5) * ROW + 6
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:g} {height:g}" {LOOK}>',
        f'<rect width="100%" height="100%" rx="8" fill="{_hex(THEME.background_color)}"/>',
        f'<text x="{width / 2:g}" y="20" fill="#c5c8c6" text-anchor="middle" font-weight="bold">{escape(title)}</text>',
    ]
    for number, line in enumerate(lines):
        column = 0
        for segment in console.render(line):
            for run in _RUNS.findall(segment.text.rstrip("\n")):
                cells = cell_len(run)
                if run.strip():
                    parts.append(_run(run, column, cells, (number + 2.5) * ROW, segment.style or Style.null()))
                column += cells
    return "\n".join([*parts, "</svg>"]) + "\n"


def _run(run: str, column: int, cells: int, y: float, style: Style) -> str:
    colour = style.color.get_truecolor(THEME) if style.color else THEME.foreground_color
    look = (
        f' fill="{_hex(colour)}"'
        + (' font-weight="bold"' if style.bold else "")
        + (' opacity="0.6"' if style.dim else "")
    )
    wide = cells > len(run)
    length = ' font-size="16"' if wide else f' textLength="{cells * CELL:g}" lengthAdjust="spacingAndGlyphs"'
    return f'<text x="{column * CELL + 12:g}" y="{y:g}" xml:space="preserve"{look}{length}>{escape(run)}</text>'


def _hex(colour: tuple[int, int, int]) -> str:
    red, green, blue = colour
    return f"#{red:02x}{green:02x}{blue:02x}"


def _to_png(chromium: str, svg: Path) -> None:
    found = re.search(r'viewBox="0 0 ([\d.]+) ([\d.]+)"', svg.read_text(encoding="utf-8"))
    if found is None:
        return
    size = f"--window-size={round(float(found[1]))},{round(float(found[2]))}"
    page = f"--screenshot={svg.with_suffix('.png')}"
    argv = [chromium, "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", size, page, svg.as_uri()]
    subprocess.run(argv, check=True, capture_output=True)  # noqa: S603
    print(svg.with_suffix(".png"))  # noqa: T201


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
