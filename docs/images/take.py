"""Takes the picture of the demo from a real run: `python docs/images/take.py` (needs tmux; with chromium a PNG too).

Runs `lianfang demo` in a terminal of tmux, copies its screen while the province's feed stands still on day 11, and the
ledger at the end, and draws both as they were. Exit code: the demo's.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tempfile
import time
import uuid
from pathlib import Path

from rich.console import Console
from rich.text import Text

HERE = Path(__file__).parent
COLUMNS, LINES = 118, 46
SCENE = "stands still since"
LEDGER = "Ledger, counted from the topics"
ENDED = re.compile(r"exit code (\d+)")
WITHIN = 1200.0
_FONTS = re.compile(r"@font-face \{.*?\}\s*", re.DOTALL)
_MONO = '"Noto Sans Mono CJK SC", "WenQuanYi Micro Hei Mono", "Sarasa Mono SC", monospace'


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
    scene = ""
    until = time.monotonic() + WITHIN
    while time.monotonic() < until:
        screen = _screen(session)
        if SCENE in screen and "clock: waits for feed" in _plain(screen):
            scene = screen
        if (ended := ENDED.search(_plain(screen))) is not None:
            if scene:
                _draw(scene, "demo", "lianfang demo: day 11, the province's feed stands still")
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
    lines = [line for line in screen.rstrip("\n").split("\n") if "exit code" not in line]
    with tempfile.TemporaryFile("w") as nowhere:
        console = Console(record=True, width=COLUMNS, file=nowhere, force_terminal=True, color_system="truecolor")
        console.print(Text.from_ansi("\n".join(lines).rstrip()))
    svg = _FONTS.sub("", console.export_svg(title=title)).replace("Fira Code", _MONO.replace('"', "'"))
    path = HERE / f"{name}.svg"
    path.write_text(svg, encoding="utf-8")
    print(path)  # noqa: T201 - what was made
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    if chromium is not None:
        _to_png(chromium, path)


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
