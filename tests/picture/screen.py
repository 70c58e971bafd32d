"""A terminal as small as what our commands print needs: bytes in, lines out."""
import re

# ECMA-48's control sequences (parameters, final), operating system commands, and all else.
TOKEN = re.compile(r"\x1b\[([0-?]*[ -/]*)([@-~])|\x1b\].*?(?:\x07|\x1b\\)|([\r\n\b])|([^\x00-\x1f\x7f]+)|(.)", re.S)


def lines(data, columns):
    """The lines that stand on the screen after these bytes, wrapped as the terminal wraps them."""
    rows, column = [""], 0
    for parameters, final, control, text, other in TOKEN.findall(data.decode("utf-8")):
        if other:
            raise ValueError(f"this terminal does not know {other!r} in {data!r}")
        if final in ("K", "J") and parameters in ("", "0"):  # to the end of the line, or of the screen
            rows[-1] = rows[-1][:column]
        elif final == "G" and parameters in ("", "1"):
            column = 0
        elif final and final not in "mhlp":  # colours, modes and resets show nothing
            raise ValueError(f"this terminal does not know CSI {parameters}{final}")
        if control == "\n":
            rows.append("")
            column = 0
        elif control == "\r":
            column = 0
        elif control == "\b":
            column = max(0, column - 1)
        rows[-1] = rows[-1][:column].ljust(column) + text + rows[-1][column + len(text):]
        column += len(text)
    if not rows[-1]:
        rows.pop()
    return [row[start:start + columns].rstrip() for row in rows
            for start in range(0, max(len(row), 1), columns)]
