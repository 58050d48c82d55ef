"""Writes SVG that is readable on light and on dark pages: shapes with classes, and their colours."""

from dataclasses import dataclass, field
from html import escape

_STYLE = """
text { font: 12px system-ui, -apple-system, "Segoe UI", Helvetica, Arial, sans-serif; fill: #1f2328 }
.small { font-size: 11px; fill: #59636e }
.title { font-weight: 600 }
.heading { font-size: 15px; font-weight: 600 }
.page { fill: #ffffff; stroke: #d1d9e0 }
.grid { stroke: #d1d9e0; stroke-width: 1 }
.main { fill: #0969da } .other { fill: #afb8c1 }
.line { stroke: #0969da; stroke-width: 2; fill: none }
.second { stroke: #8250df; stroke-width: 2; fill: none; stroke-dasharray: 5 3 }
.dot { fill: #0969da } .second-dot { fill: #8250df }
@media (prefers-color-scheme: dark) {
  text { fill: #f0f6fc } .small { fill: #9198a1 }
  .page { fill: #0d1117; stroke: #3d444d } .grid { stroke: #3d444d }
  .main, .dot { fill: #4493f8 } .other { fill: #656c76 } .second-dot { fill: #ab7df8 }
  .line { stroke: #4493f8 } .second { stroke: #ab7df8 }
}"""
"""The picture brings its own background, so that it fits any page."""

Point = tuple[float, float]


@dataclass
class Canvas:
    """Collects shapes; y grows downwards."""

    width: float
    shapes: list[str] = field(default_factory=list)

    def text(self, x: float, y: float, content: str, kind: str = "", anchor: str = "start") -> None:
        attributes = f' class="{kind}"' if kind else ""
        attributes += f' text-anchor="{anchor}"' if anchor != "start" else ""
        self.shapes.append(f'<text x="{x:.1f}" y="{y:.1f}"{attributes}>{escape(content)}</text>')

    def rect(self, x: float, y: float, width: float, height: float, kind: str) -> None:
        size = f'width="{width:.1f}" height="{height:.1f}"'
        self.shapes.append(f'<rect x="{x:.1f}" y="{y:.1f}" {size} rx="2" class="{kind}"/>')

    def line(self, points: list[Point], kind: str) -> None:
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
        self.shapes.append(f'<polyline points="{path}" class="{kind}"/>')

    def dot(self, x: float, y: float, kind: str) -> None:
        self.shapes.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" class="{kind}"/>')

    def document(self, height: float, description: str) -> str:
        """Return the whole picture; `description` is for those who cannot see it."""
        size = f'width="{self.width:.0f}" height="{height:.0f}"'
        view = f'viewBox="0 0 {self.width:.0f} {height:.0f}"'
        page = f'<rect x=".5" y=".5" width="{self.width - 1:.0f}" height="{height - 1:.0f}"'
        return "\n".join(
            [
                f'<svg xmlns="http://www.w3.org/2000/svg" {view} {size} role="img">',
                f"<title>{escape(description)}</title>",
                f"<style>{_STYLE}</style>",
                f'{page} rx="8" class="page"/>',
                *self.shapes,
                "</svg>\n",
            ]
        )
