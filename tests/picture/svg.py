"""Lines of a terminal as one SVG that follows the reader's light or dark mode."""
from xml.sax.saxutils import escape

COLUMN, LINE, MARGIN, BAR = 8.2, 19, 18, 34
STYLE = """
    .paper { fill: #ffffff; stroke: #d0d7de }
    .dot { fill: #d0d7de }
    text { font: 13.5px ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", monospace;
           white-space: pre; fill: #424a53 }
    .prompt { fill: #1a7f37 }
    .command { fill: #0a3069; font-weight: 600 }
    .left-out { fill: #8c959f; font-style: italic }
    @media (prefers-color-scheme: dark) {
      .paper { fill: #0d1117; stroke: #30363d }
      .dot { fill: #30363d }
      text { fill: #b1bac4 }
      .prompt { fill: #3fb950 }
      .command { fill: #e6edf3 }
      .left-out { fill: #6e7681 }
    }
"""


def picture(rows, columns, title):
    """ROWS are lists of (class or None, text)."""
    width = round(2 * MARGIN + columns * COLUMN)
    height = BAR + len(rows) * LINE + MARGIN
    out = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" '
           f'width="{width}" height="{height}" role="img">',
           f"  <title>{escape(title)}</title>",
           f"  <style>{STYLE}  </style>",
           f'  <rect class="paper" x="0.5" y="0.5" width="{width - 1}" height="{height - 1}" rx="8"/>']
    out += [f'  <circle class="dot" cx="{MARGIN + 4 + 18 * i}" cy="18" r="5"/>' for i in range(3)]
    for number, row in enumerate(rows):
        if any(text for _, text in row):
            spans = "".join(f'<tspan class="{kind}">{escape(text)}</tspan>' if kind
                            else escape(text) for kind, text in row)
            out.append(f'  <text x="{MARGIN}" y="{BAR + (number + 1) * LINE - 5}" '
                       f'xml:space="preserve">{spans}</text>')
    return "\n".join([*out, "</svg>", ""])
