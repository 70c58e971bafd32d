"""The verb paste: what an operator has in his clipboard, or gives on standard input, becomes a file in the agent's home, and its
path is typed into the session that he looks at. The clipboard is read with his own rights, as it is he who asks; root puts the
file there by descriptors, for the agent's user, and follows no link."""

import os
import subprocess
import sys
import time

import kept
from say import Failed, Refused, Usage, say

FOLDER = "pasted"
MOST = 32 << 20  # bytes
PATIENCE = 10  # seconds for the program that has the clipboard
IMAGE = "image/png"
# what: (of which desktop it is, the words that print it)
TEXT = (("WAYLAND_DISPLAY", "wl-paste", "--no-newline", "--type", "text"), ("DISPLAY", "xclip", "-selection", "clipboard", "-out"))
IMAGES = (("WAYLAND_DISPLAY", "wl-paste", "--type", IMAGE), ("DISPLAY", "xclip", "-selection", "clipboard", "-target", IMAGE, "-out"))
# How a file of that kind begins, and what its name ends with.
KINDS = ((b"\x89PNG\r\n\x1a\n", "png"), (b"\xff\xd8\xff", "jpg"), (b"GIF87a", "gif"), (b"GIF89a", "gif"))


def paste(command, words):
    image, number = parse(words)
    data = given(command.host, image)
    handed = command.words_as_operator("run", ["--sessions", "paste", number or "-"])
    if handed is None:
        return put(command, number, data)
    return subprocess.run(handed, input=data, check=False).returncode


def parse(words):
    image, rest = "--image" in words, [word for word in words if word != "--image"]
    if len(rest) > 1 or any(not word.isdigit() for word in rest):
        raise Usage("paste takes the number of a session, which 'agent-sandbox sessions' shows, and --image")
    return image, rest[0] if rest else ""


def given(host, image):
    """What is to be pasted, as whoever has it."""
    if not os.isatty(0):
        return sys.stdin.buffer.read(MOST + 1)
    found = from_clipboard(host, IMAGES if image else TEXT)
    if not found and not image:
        found = from_clipboard(host, IMAGES)
    if not found:
        raise Failed(f"the clipboard has no {'image' if image else 'text and no image'}")
    return found


def from_clipboard(host, ways):
    if host.system == "darwin":
        ways = ((None, "/usr/bin/pbpaste"),) if ways is TEXT else ()
    possible = [(program, rest) for name, program, *rest in ways if name is None or os.environ.get(name)]
    if not possible and host.system != "darwin":
        raise Failed("there is no clipboard here (neither WAYLAND_DISPLAY nor DISPLAY is set): give the text or the image on "
                     "standard input")
    there = [[host.have(program) or program, *rest] for program, rest in possible if host.have(program) or os.path.isabs(program)]
    if possible and not there:
        raise Failed(f"{possible[0][0]} is missing, which reads the clipboard: give the text or the image on standard input")
    for words in there:
        try:
            done = subprocess.run(words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=False,
                                  timeout=PATIENCE)
        except (OSError, subprocess.TimeoutExpired):
            continue
        if done.returncode == 0 and done.stdout:
            return done.stdout
    return b""


# -- root's half --


def from_operator(command, words):
    """run --sessions paste NUMBER, with the data on standard input."""
    if len(words) != 1 or words[0] != "-" and not words[0].isdigit():
        raise Usage("paste what?")
    return put(command, words[0].replace("-", ""), sys.stdin.buffer.read(MOST + 1))


def put(command, number, data):
    import session_verbs

    if not data:
        raise Refused("nothing was given to paste")
    if len(data) > MOST:
        raise Refused(f"that is more than {MOST >> 20} MiB")
    box = command.sandbox
    place = session_verbs.chosen(command, [number] if number else [])
    if place.code() is not None or not place.is_kept(command.host):
        raise Refused(f"session {place.number} has ended")
    path = f"{box.home}/{FOLDER}/{lay(place.home(box), box.agent_uid, data)}"
    if place.attached():
        type_path(place, path)
    say(path)
    return 0


def lay(home, uid, data):
    """Its name there."""
    try:
        outer = os.open(home, os.O_PATH | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
        try:
            folder = own_folder(outer, uid)
        finally:
            os.close(outer)
        try:
            name = f"{time.strftime('%Y-%m-%d-%H%M%S')}-{os.urandom(3).hex()}.{ending(data)}"
            file = os.open(name, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600, dir_fd=folder)
            with open(file, "wb") as sink:
                sink.write(data)
                os.fchown(file, uid, uid if os.geteuid() == 0 else -1)
        finally:
            os.close(folder)
    except OSError as error:
        raise Failed(f"cannot put it into {home}/{FOLDER}: {error.strerror}") from None
    return name


def own_folder(outer, uid):
    """Made where it is missing; the agent's, and no link."""
    made = True
    try:
        os.mkdir(FOLDER, 0o700, dir_fd=outer)
    except FileExistsError:
        made = False
    folder = os.open(FOLDER, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=outer)
    owner = os.fstat(folder).st_uid
    if made and owner == os.geteuid():
        os.fchown(folder, uid, uid if owner == 0 else -1)
    elif owner != uid:
        os.close(folder)
        raise PermissionError(1, "it is not the agent's")
    return folder


def ending(data):
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "webp"
    return next((name for start, name in KINDS if data.startswith(start)), "txt")


def type_path(place, path):
    """As whoever looks at it would."""
    child = os.fork()
    if child == 0:
        code = 1
        try:
            import dtach

            kept.take_rights_of(place.about()["uid"])
            dtach.type_in(place.socket, "".join(f"\\{c}" if c in " \\'\"" else c for c in path).encode("utf-8", "surrogateescape") + b" ")
            code = 0
        finally:
            os._exit(code)
    os.waitpid(child, 0)
