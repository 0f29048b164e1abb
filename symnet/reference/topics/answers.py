"""How answers are written for check, hints and mark."""

from __future__ import annotations

from symnet.reference.entries import Entry

ORDER = 7
SAYS = "How answers are written for check and mark: the names of quantities, and what may stand after =."

# (name, what it is, the spellings, an answer that is right in the file of symnet new relu)
_ENTRIES = (
    ("value", "The name of an equation is its value in the forward pass.", "y5, y₅", "y5=3"),
    ("gradient", "∂loss/∂ of any name.",
     "grad(w13), ∂L/∂w13, dL/dw_13, ∂L/∂w₁₃, \\frac{\\partial L}{\\partial w_{13}}; δ5 and delta(x5) for a unit's "
     "net input", "'grad(w13)=10'"),
    ("slope", "A local derivative.", "dy3/dx3, relu'(x3), σ′(z), slope(h1)", "\"relu'(x3)=1\""),
    ("new value", "A parameter's name is its value after the update.", "w13, w13_new, w13', new(w13)", "w13=0.9"),
    ("change", "What an update adds to a parameter.", "change(w13), Δw13", "'change(w13)=-0.1'"),
    ("new loss", "The loss after the update.", "new(L), L_new, L_after", "'new(L)=0.2012'"),
    ("sample", "Of the second sample; or of the second update, where updates come one by one.",
     "y@2, grad(w)@2; w@2 and change(w)@2 are after update 2, and beside that of the last update w alone is after "
     "update 1", "y5=3"),
    ("batch", "What the samples come to together; grad(w) alone may be this or the first sample's.",
     "mean(grad(w)), sum(grad(w))", "'grad(w35)=7.5'"),
    ("list", "Several at once, in the order of their numbers.", "y=[3, 1, 3] for y3, y4 and y5; grad(y)=…",
     "'y=[3, 1, 3]'"),
    ("number", "5, -0.25, 0,25, 1/3, 2e-5, 5·10^1, ≈ 0.48, or undefined.",
     "a unit or a remark may follow in a class's table: 0.079 J, -0.15 (I think)", "'grad(w13)=1·10^1'"),
    ("working", "A whole line with its last number; its arithmetic is checked, and the one number that is wrong named.",
     "grad(w13) = 2.5*1*2*1*2 = 10", "'grad(w13) = 2.5*1*2*1*2 = 10'"),
    ("formula", "A formula in place of a number: right when it is the derivative, at these numbers and at others.",
     "grad(w13)=(y5-t)*w35*x1", "'grad(w13)=(y5-t)*w35*x1'"),
)  # fmt: skip

# The same in the file of symnet new newton: what questions ask for beyond the two passes.
_FURTHER = (
    ("second derivative", "An entry of the Hessian, where a question asks for it.",
     "d2L/dwdb, ∂²L/∂w∂b, H(w,b), H12; d2L/dw^2 and H(w,w) on the diagonal", "'H(w,b)=1'"),
    ("Newton step", "The new value of a parameter, and the determinant that it takes.",
     "newton(w), w_new; det(H)", "'det(H)=3'"),
    ("other derivatives", "A total derivative, and a tangent of forward mode.", "dy/dx, ∂y/∂x; dot(y), ẏ",
     "'newton(w)=1'"),
)  # fmt: skip


def entries() -> tuple[Entry, ...]:
    return tuple(
        Entry(name, says, (), (("written", spelled),), f"symnet check FILE {answer}", start)
        for start, kind in (("relu", _ENTRIES), ("newton", _FURTHER))
        for name, says, spelled, answer in kind
    )
