"""Types commands into a shell in a terminal of its own, and keeps what each one printed."""
import errno
import fcntl
import os
import pty
import re
import select
import struct
import sys
import termios
import time

# What the shell prints before each prompt: the exit code of the command before, and where it ends.
MARK = re.compile(rb"\x1b\]7777;(\d+)\x07")
STARTUP = ("export SYSTEMD_EMOJI=0; PS1=''; PS2=''; "
           "PROMPT_COMMAND='printf \"\\033]7777;%d\\007\" $?'\n")


class Shell:
    """ARGV starts an interactive bash without an editor; ANSWERS are (pattern, text) for what asks at the terminal."""

    def __init__(self, argv, columns, rows, answers=()):
        self.answers = [(re.compile(pattern.encode()), text.encode()) for pattern, text in answers]
        self.pid, self.terminal = pty.fork()
        if self.pid == 0:
            os.execvp(argv[0], argv)
        fcntl.ioctl(self.terminal, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        time.sleep(1)
        self._send(STARTUP.encode())
        self._until_mark(60)

    def run(self, command, seconds=300):
        """(exit code, the bytes that it printed)"""
        self._send(command.encode() + b"\n")
        code, output = self._until_mark(seconds)
        echo = command.replace("\n", "\r\n").encode() + b"\r\n"
        if not output.startswith(echo):
            sys.exit(f"the terminal did not repeat the command: {output!r}")
        return code, output[len(echo):]

    def close(self):
        self._send(b"exit\n")
        os.waitpid(self.pid, 0)

    def _send(self, data):
        os.write(self.terminal, data)

    def _until_mark(self, seconds):
        seen, answered = b"", 0
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            ready, _, _ = select.select([self.terminal], [], [], 1)
            if not ready:
                continue
            try:
                seen += os.read(self.terminal, 65536)
            except OSError as error:
                if error.errno == errno.EIO:
                    break
                raise
            found = MARK.search(seen)
            if found:
                return int(found.group(1)), seen[:found.start()]
            for pattern, text in self.answers:
                asked = pattern.search(seen, answered)
                if asked:
                    answered = asked.end()
                    time.sleep(0.3)
                    self._send(text)
        sys.exit("the terminal fell silent after:\n" + seen.decode(errors="replace"))
