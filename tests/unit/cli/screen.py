"""A real terminal for the commands to run in: a pane of a tmux server of its own."""

from __future__ import annotations

import shlex
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

SECONDS = 60.0
CONFIGURATION = "set -g default-terminal tmux-256color\nset -g status off\nset -g remain-on-exit on\n"


@dataclass(frozen=True)
class Screen:
    """What stands on the screen, and a keyboard."""

    socket: Path

    def text(self, *, colours: bool = False) -> str:
        """The lines of the pane; with `colours`, the sequences that set them too."""
        return self._tmux("capture-pane", "-p", "-J", *(["-e"] if colours else []))

    def cursor_is_shown(self) -> bool:
        return self._tmux("display-message", "-p", "#{cursor_flag}").strip() == "1"

    def type(self, *keys: str) -> None:
        """Press keys by their tmux names, such as C-c; whatever is none is typed as it stands."""
        self._tmux("send-keys", *keys)

    def until(self, seen: Callable[[str], bool]) -> str:
        """The screen as soon as it is as it should be."""
        deadline = time.monotonic() + SECONDS
        while not seen(text := self.text()):
            assert time.monotonic() < deadline, text
            time.sleep(0.05)
        return text

    def shows(self, *words: str) -> str:
        return self.until(lambda text: all(word in text for word in words))

    def _tmux(self, *words: str) -> str:
        command = ["tmux", "-S", str(self.socket), *words]
        done = subprocess.run(command, capture_output=True, text=True, timeout=30)
        assert done.returncode == 0, done.stderr
        return done.stdout


@contextmanager
def screen(folder: Path, environment: Mapping[str, str], *words: str, columns: int = 100) -> Iterator[Screen]:
    """`omnireel …` in a terminal of `columns` by 40. When it has ended, `[exit CODE]` stands below."""
    command = shlex.join([sys.executable, "-m", "omnireel", *words])
    settings, script, socket = folder / "tmux.conf", folder / "run.sh", folder / "tmux"
    settings.write_text(CONFIGURATION)
    # Ctrl-C is for the command; the shell stays, for a pane that has ended has no cursor.
    script.write_text(f'cd {shlex.quote(str(folder))}\ntrap : INT\n{command}\necho "[exit $?]"\nread line\n')
    size = ["-x", str(columns), "-y", "40"]
    start = ["tmux", "-S", str(socket), "-f", str(settings), "new-session", "-d", *size]
    kept = {name: value for name, value in environment.items() if name not in ("TMUX", "COLUMNS", "LINES")}
    subprocess.run([*start, f"sh {shlex.quote(str(script))}"], env=kept, check=True, timeout=30)
    opened = Screen(socket)
    try:
        yield opened
    finally:
        subprocess.run(["tmux", "-S", str(socket), "kill-server"], timeout=30)
