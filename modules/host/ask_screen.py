"""ask as a screen: the list, and below it what the line that is meant would allow, and the letters that answer. Loaded where
Python has curses; runs without rights."""

import curses
import os
import selectors
import sys
import time

import always
import choices
from ask_list import List

BELOW = 5  # lines under the list
LETTERS = {letter: name for letter, name, _ in choices.SPANS}
TICK = 5  # seconds: ages are drawn anew


def run(command, lines, spec):
    # Escape is a key, and no half of a sequence that is waited for.
    os.environ.setdefault("ESCDELAY", "25")
    screen = Screen(command, lines, spec)
    code = curses.wrapper(screen.run)
    if screen.fatal:
        print(f"agent-sandbox: {screen.fatal}", file=sys.stderr)
    return code


class Screen:
    def __init__(self, command, lines, spec):
        self.lines, self.list, self.always = lines, List(), always.Always(command, spec)
        self.top, self.said, self.title, self.hour, self.fatal, self.asks = 0, "", "", "1 h", "", None

    def run(self, window):
        self.window = window
        if hasattr(curses, "curs_set"):
            try:
                curses.curs_set(0)
            except curses.error:
                pass
        window.nodelay(True)
        with selectors.DefaultSelector() as selector:
            selector.register(self.lines, selectors.EVENT_READ)
            selector.register(0, selectors.EVENT_READ)
            while True:
                self.draw()
                ready = [key.fileobj for key, _ in selector.select(TICK)]
                if self.lines in ready and not self.hear():
                    return 1
                if not self.keys():
                    return 0

    # -- what root says --

    def hear(self):
        found = self.lines.read()
        for said in found or []:
            if "fatal" in said:
                self.fatal = choices.clean(said["fatal"])
                return False
            if "hello" in said:
                self.title = choices.clean(f"sandbox {said['hello']['sandbox']}, as {said['hello']['by']}")
                self.hour = choices.clean(said["hello"]["hour"])
            elif "now" in said:
                self.list.take(said)
            else:
                self.said = choices.clean(said.get("done") or f"not done: {said.get('error')}")
        return found is not None

    # -- what is typed --

    def keys(self):
        """All of it; False: no more."""
        while True:
            try:
                key = self.window.getch()
            except KeyboardInterrupt:
                return False
            if key == -1:
                return True
            if self.asks:
                self.type(key)
            elif key == 27:
                # A sequence that curses does not know, or Alt: no letter of it is an answer.
                while self.window.getch() != -1:
                    pass
            elif not self.press(key):
                return False

    def press(self, key):
        page = max(1, self.window.getmaxyx()[0] - BELOW - 1)
        moves = {curses.KEY_UP: -1, ord("k"): -1, curses.KEY_DOWN: 1, ord("j"): 1, curses.KEY_PPAGE: -page, curses.KEY_NPAGE: page,
                 curses.KEY_HOME: -len(self.list.items), ord("g"): -len(self.list.items), curses.KEY_END: len(self.list.items),
                 ord("G"): len(self.list.items)}
        letter = chr(key) if 0 < key < 128 else ""
        if letter == "q":
            return False
        if key in moves:
            self.list.point(self.list.at + moves[key])
        elif letter in "+-" and letter:
            self.list.scope += 1 if letter == "+" else -1
        elif letter in LETTERS and self.list.items:
            self.decide(LETTERS[letter])
        elif key == curses.KEY_RESIZE:
            self.window.clear()
        return True

    def decide(self, do):
        if self.list.is_guarded():
            self.said = "the line that was meant has gone: look which one is meant now"
        elif not self.fits():
            self.said = "the window is too narrow to show what that allows: nothing was done"
        elif do == "until":
            self.asks, self.typed = "until", ""
        elif do == "always":
            self.leave_for_always()
        else:
            self.lines.say(self.list.answer(do))

    def type(self, key):
        """A day, in the line below."""
        if key in (10, 13, curses.KEY_ENTER):
            self.asks = None
            self.lines.say(self.list.answer("until", until=self.typed))
        elif key == 27:
            self.asks = None
        elif key in (8, 127, curses.KEY_BACKSPACE):
            self.typed = self.typed[:-1]
        elif 32 <= key < 127 and len(self.typed) < 10:
            self.typed += chr(key)

    def leave_for_always(self):
        """It speaks, and sudo asks, on the terminal itself."""
        curses.def_prog_mode()
        curses.endwin()
        self.said = choices.clean(self.always.do(self.list.chosen()))
        curses.reset_prog_mode()
        self.window.clear()
        self.lines.say({"refresh": True})

    # -- what is drawn --

    def shown(self):
        rule = self.list.chosen()
        return f"allows: {choices.says(rule)}" if rule else ""

    def fits(self):
        height, width = self.window.getmaxyx()
        return height > BELOW and len(self.shown()) < 2 * width

    def draw(self):
        window, found = self.window, self.list
        height, width = window.getmaxyx()
        window.erase()
        room = max(0, height - BELOW - 1)
        self.put(0, f"{self.title}: {found.waiting()} waiting, {len(found.items)} in all, {len(found.granted)} granted"
                 + (f"; no room for {found.more} more" if found.more else ""), curses.A_BOLD)
        self.top = max(0, min(self.top, found.at, len(found.items) - room), found.at - room + 1)
        now = time.time()
        for row, item in enumerate(found.items[self.top:self.top + room]):
            meant = self.top + row == found.at
            self.put(1 + row, ("> " if meant else "  ") + found.line(item, now),
                     (curses.A_REVERSE if meant else 0) | (curses.A_BOLD if item["waiting"] else 0))
        if not found.items:
            self.put(1, "  nothing was refused")
        shown = self.shown()
        self.put(height - 5, shown[: width - 1])
        self.put(height - 4, shown[width - 1:])
        self.put(height - 3, "until which day, as 2027-01-31? " + self.typed if self.asks else self.said)
        words = "  ".join(f"{letter} {self.hour if name == 'hour' else text}" for letter, name, text in choices.SPANS)
        self.put(height - 2, words, curses.A_BOLD)
        self.put(height - 1, "up, down: which   + wider   - narrower   q quit")
        window.refresh()

    def put(self, row, text, how=0):
        height, width = self.window.getmaxyx()
        if 0 <= row < height:
            try:
                self.window.addstr(row, 0, text[: width - 1], how)
            except curses.error:
                pass
