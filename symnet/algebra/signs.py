"""The signs that are printed and the ones on a keyboard: − is -, · is *, ² is ^2, ₁₃ is 13, ½ is 1/2."""

from __future__ import annotations

LOWERED = dict(zip("₀₁₂₃₄₅₆₇₈₉₊₋₌₍₎ₐₑₕᵢⱼₖₗₘₙₒₚᵣₛₜᵤᵥₓ", "0123456789+-=()aehijklmnoprstuvx", strict=True))
RAISED = dict(zip("⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁼⁽⁾ⁿᵀ", "0123456789+-=()nT", strict=True))
MINUS, TIMES, OVER, PRIMES = "−‐‑‒–—﹣－", "·×⋅∙•∗✕⨯", "÷∕⁄", "′’‘´ʹ`"
HALVES = {
    "½": "1/2", "⅓": "1/3", "⅔": "2/3", "¼": "1/4", "¾": "3/4", "⅕": "1/5", "⅖": "2/5", "⅗": "3/5", "⅘": "4/5",
    "⅙": "1/6", "⅚": "5/6", "⅛": "1/8", "⅜": "3/8", "⅝": "5/8", "⅞": "7/8",
}  # fmt: skip

# Each printed sign of a formula as the one on a keyboard; none changes the length of a formula.
TYPED = str.maketrans({
    **dict.fromkeys(MINUS, "-"), **dict.fromkeys(TIMES, "*"), **dict.fromkeys(OVER, "/"),
    **dict.fromkeys("（", "("), **dict.fromkeys("）", ")"), "＋": "+", "\u00a0": " ", "\u2009": " ", "\u202f": " ",
})  # fmt: skip


def on_the_line(text: str) -> str:
    """A name with its indices on the line: w13 for w₁₃."""
    return "".join(LOWERED.get(c, c) for c in text)
