"""The chart: a bar each, on a logarithmic scale."""

from __future__ import annotations

import math
from xml.sax.saxutils import escape

LEFT, WIDTH, ROW, BAR, TOP = 285, 440, 27, 17, 44
PAGE = LEFT + WIDTH + 110
STYLE = """
    .paper { fill: #ffffff; stroke: #d0d7de }
    text { font: 13px system-ui, -apple-system, "Segoe UI", "DejaVu Sans", sans-serif; fill: #424a53 }
    .title { font-size: 14px; font-weight: 600; fill: #1f2328 }
    .scale { font-size: 11px; fill: #6e7781 }
    .ours { font-weight: 600; fill: #1f2328 }
    line { stroke: #d8dee4 }
    rect.bar { fill: #afb8c1 }
    rect.ours { fill: #1a7f37 }
    @media (prefers-color-scheme: dark) {
      .paper { fill: #0d1117; stroke: #30363d }
      text { fill: #b1bac4 }
      .title, .ours { fill: #e6edf3 }
      .scale { fill: #8b949e }
      line { stroke: #21262d }
      rect.bar { fill: #484f58 }
      rect.ours { fill: #3fb950 }
    }
  """


def time(ms: float) -> str:
    if ms >= 1000:
        return f"{ms / 1000:.3g} s" if ms < 100000 else f"{ms / 1000:.0f} s"
    return f"{ms:.2g} ms" if ms < 10 else f"{ms:.0f} ms"


def draw(bars: list[tuple[str, float, bool]], spoken: str, title: str) -> str:
    """bars: what, its milliseconds, whether it is ours. spoken: for who cannot see it."""
    times = [ms for _, ms, _ in bars]
    low, high = math.floor(math.log10(min(times) / 2)), math.ceil(math.log10(max(times)))
    bottom = TOP + ROW * len(bars)

    def across(ms: float) -> float:
        return LEFT + WIDTH * (math.log10(ms) - low) / (high - low)
    rows = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {PAGE} {bottom + 34}" '
            f'width="{PAGE}" height="{bottom + 34}" role="img">',
            f"  <title>{escape(spoken)}</title>",
            f"  <style>{STYLE}</style>",
            f'  <rect class="paper" x="0.5" y="0.5" width="{PAGE - 1}" height="{bottom + 33}" rx="8"/>',
            f'  <text class="title" x="18" y="28">{escape(title)}</text>']
    for power in range(low, high + 1):
        x = across(10.0 ** power)
        rows.append(f'  <line x1="{x:.1f}" y1="{TOP}" x2="{x:.1f}" y2="{bottom + 4}"/>')
        rows.append(f'  <text class="scale" x="{x:.1f}" y="{bottom + 20}" text-anchor="middle">'
                    f"{time(10.0 ** power)}</text>")
    for at, (what, ms, ours) in enumerate(bars):
        y, own = TOP + ROW * at, " ours" if ours else ""
        width = max(1.0, across(ms) - LEFT)
        name = f'<text class="{own.strip() or "name"}" y="{y + 18}"'
        rows.append(f'  {name} x="{LEFT - 10}" text-anchor="end">{escape(what)}</text>')
        rows.append(f'  <rect class="bar{own}" x="{LEFT}" y="{y + 5}" width="{width:.1f}" '
                    f'height="{BAR}" rx="2"/>')
        rows.append(f'  {name} x="{LEFT + width + 6:.1f}">{time(ms)}</text>')
    return "\n".join([*rows, "</svg>", ""])
