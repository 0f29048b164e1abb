"""Equations of entries on paper: what is printed is worked out from the paper alone, and is the array."""

import entry_values
import numpy as np
import pytest
from printed_values import Paper, barred
from sympy import Integer
from test_entries import NETS, dense, numbers

from symnet.algebra.array_formulas import written
from symnet.algebra.equations import BATCH, Array, Equation, Index, array, partial_parts
from symnet.algebra.indices import At, Each, Sum, from_one
from symnet.algebra.network import Network
from symnet.notation.entries import entry_notation
from symnet.notation.equations import EquationTypesetter
from symnet.notation.names import Names
from symnet.paper.printing import latex, mathjax, mathml, text, typst
from symnet.sheets.display import bundle

EXAMPLES = 2


def setter_of(net):
    return EquationTypesetter(Names(net.names), net.equations)


def printed(net):
    """{name: the printed lhs = rhs} as text."""
    setter = setter_of(net)
    lines = [(e.name, setter.sides(e)) for e in (*net.equations, *net.backward)]
    return {name: " = ".join(map(text.maths, sides)) for name, sides in lines}


@pytest.mark.parametrize("name", NETS)
def test_what_is_printed_for_one_entry_is_the_entry_of_the_array(name):
    net = NETS[name]()
    given, lengths = numbers(net, EXAMPLES)
    found = entry_values.values([*net.equations, *net.backward], given, lengths)
    setter = setter_of(net)
    looks, scalars = {}, {"n": float(EXAMPLES)}
    for x, value in found.items():
        parts = partial_parts(x.name)
        if isinstance(x, Array):
            node = setter.names.node(parts[1] if parts else x.name)
            looks[barred(node) if parts else node] = np.asarray(value)
        elif not parts:
            scalars[x.name] = float(value)
    checked = 0
    for equation in (*net.equations, *net.backward):
        if setter.is_of_arrays(equation):
            continue
        own, body = setter.entry_form(equation)
        ranges = {index.name: int(lengths.get(index.length, index.length)) for index in (*own, *body.atoms(Index))}
        paper = Paper(looks, ranges, scalars)
        _, rhs = setter.sides(equation)
        right = np.asarray(found[equation.lhs])
        for place in list(np.ndindex(right.shape))[::5]:
            at = {index.name: i + 1 for index, i in zip(own, place, strict=True)}
            assert paper.value(rhs, at) == pytest.approx(right[place], rel=1e-9, abs=1e-12), (equation.name, place)
            checked += 1
    assert checked or name == "attention by operations"


def test_a_place_that_is_printed_wrongly_is_caught(monkeypatch):
    from symnet.notation import indices

    monkeypatch.setattr(indices, "from_one", lambda place, order=(): place)  # counted from 0, as it stands inside
    with pytest.raises(AssertionError):
        test_what_is_printed_for_one_entry_is_the_entry_of_the_array("convolution")


def test_equations_have_the_letters_of_their_author_and_gradients_those_of_the_axes():
    lines = printed(dense())
    assert lines["Z"] == "Z_ik = ∑ⱼ X_ij·W_jk + bₖ"
    assert lines["Loss"] == "Loss = ∑ᵢ,ₖ (A_ik − T_ik)²"
    assert lines["∂Loss/∂W"] == "W̄ = Xᵀ·Z̄"
    assert lines["∂Loss/∂b"] == "b̄ = Z̄ᵀ·𝟏"
    lines = printed(NETS["convolution with windows left over"]())
    assert lines["Z"] == "Z_(i,d,p,q) = ∑ₑ,ᵤ,ᵥ K_(d,e,u,v)·X_(i,e,2·(p − 1) + u,2·(q − 1) + v) + c_d"
    assert lines["∂Loss/∂K"] == "∂Loss/∂K_(d,e,u,v) = ∑_(i,p,q) Z̄_(i,d,p,q)·X_(i,e,2·(p − 1) + u,2·(q − 1) + v)"
    assert lines["∂Loss/∂Z"] == "Z\u0304 = A\u0304 ∘ ReLU′(Z)"
    assert printed(NETS["pools that overlap"]())["M"] == "Mᵢ,ᵣ,ₛ = maxᵤ,ᵥ Z_(i,r + u − 1,s + v − 1)"


def test_as_text_an_equation_is_written_as_in_a_file():
    net = NETS["pools that overlap"]()
    assert str(dense().equations[0]) == "Z[i,k] = sum[j](X[i,j]*W[j,k]) + b[k]"
    assert str(net.equations[0]) == "Z[i,p,q] = sum[u,v](K[u,v]*X[i,p + u - 1,q + v - 1])"
    assert str(net.equations[1]) == "M[i,r,s] = max[u,v](Z[i,r + u - 1,s + v - 1])"


J, P, U, T9 = (Index(letter, 9) for letter in "iput")


@pytest.mark.parametrize(("place", "on_paper"), [
    (J, "i"), (P + U, "p + u − 1"), (P + U - 1, "p + u − 2"), (2 * P + U, "2·(p − 1) + u"),
    (2 * P + U - 1, "2·(p − 1) + u − 1"), (2 * P, "2·p − 1"), (2 * P + 1, "2·p"), (P - U, "p − u + 1"),
    (T9 - 1, "t − 1"), (1 - U, "3 − u"), (Integer(3), "4"), (At(array("E", 9), T9), "Eₜ"),
])  # fmt: skip
def test_places_count_from_one(place, on_paper):
    setter = EquationTypesetter(Names(("E",)))
    assert text.maths(setter.entries.maths(from_one(place, [P, U]))) == on_paper


def test_an_index_never_has_the_letter_of_a_quantity():
    k, x, z = array("k", 2, 3), array("x", 3), array("z", 2)
    i, j = Index("x", 2), Index("k", 3)
    equation = Equation(z, Each(Sum(At(k, i, j) * At(x, j), j), i))
    setter = EquationTypesetter(Names(("k", "x", "z")), [equation])
    own, body = setter.entry_form(equation)
    assert not {index.name for index in (*own, *body.atoms(Index))} & {"k", "x", "z"}


@pytest.mark.parametrize("name", NETS)
def test_every_format_prints_every_equation(name):
    net = NETS[name]()
    setter = setter_of(net)
    for equation in (*net.equations, *net.backward):
        for side in setter.sides(equation):
            for printer in (text, latex, mathjax, mathml, typst):
                shown = printer.maths(side)
                assert shown
                assert "At(" not in shown
                assert "Each" not in shown
                assert "′1" not in shown.replace("′₁", "")
    assert "At(" not in "".join(bundle(net).values())


def test_a_network_in_jupyter_shows_its_equations_for_one_entry():
    shown = bundle(dense())
    assert "Z_ik = ∑ⱼ X_ij·W_jk + bₖ" in shown["text/plain"]
    assert r"\sum_{j}X_{ij}\,W_{jk}" in shown["text/latex"].replace(" ", "").replace(r"\,", r"\,")
    assert "∑" in shown["text/html"]


FILES = {
    "recurrence": (
        {"x": (3, 2), "W": (2, 2), "U": (2, 2), "b": (2,), "h0": (2,)},
        {"h[t]": "tanh(x[t] @ W + h[t-1] @ U + b)", "L": "sum(h^2)/2"},
        ["hₜ = tanh(Wᵀ·xₜ + Uᵀ·h_(t − 1) + b)", "L = (∑ₜ,ᵢ h_ti²)/2"],
    ),
    "a convolution by its name": (
        {"X": (2, 4, 4), "K": (3, 2, 2, 2), "c": (3,)},
        {"Y": "conv(X, K, stride=2, bias=c)"},
        ["Yᵢ,ⱼ,ₖ = ∑_(m,p,q) K_(i,m,p,q)·X_(m,2·(j − 1) + p,2·(k − 1) + q) + cᵢ"],
    ),
    "pools": (
        {"X": (4, 4)},
        {"M": "max_pool(X, 2)", "f": "flatten(M)", "m[i]": "min[j](X[i,j])"},
        ["M_ij = maxₖ,ₘ X_(2·(i − 1) + k,2·(j − 1) + m)", "f = flatten(M)", "mᵢ = minⱼ X_ij"],
    ),
    "vectors are columns": (
        {"x": (2,), "W": (2, 3), "v": (3,)},
        {"h": "x @ W", "y": "h @ v", "Z": "softmax(W @ h)"},
        ["h = Wᵀ·x", "y = hᵀ·v", "Z = softmax(W·h)"],
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", FILES)
def test_the_formulas_of_a_file_are_printed_as_books_print_them(name):
    shapes, formulas, expected = FILES[name]
    found = written(shapes, formulas, {}, list(shapes)).equations
    setter = EquationTypesetter(Names([*shapes, *(e.name for e in found)]), found)
    assert [" = ".join(map(text.maths, setter.sides(e))) for e in found] == expected


def test_an_array_with_an_index_of_its_own_is_printed_as_its_entries_are():
    """W_{1,jk} of W₁, as W1[2, 1] is printed W_{1,21}."""
    shapes = {"X1": (BATCH, 2), "W1": (2, 2)}
    net = Network.parse("Z1[i,k] = sum[j](X1[i,j]*W1[j,k])\nL = sum(Z1)", "W1", shapes=shapes)
    assert bundle(net.equations[0])["text/latex"] == r"$\displaystyle Z_{1,i k} = \sum_{j}X_{1,i j}\,W_{1,j k}$"
    assert entry_notation("W1", {"W1_2_1": (2, 1)})["W1_2_1"] == "{W}_{1,21}"


def test_arrays_joined_print_one_below_the_other():
    """[h; x] as in papers, also in gradients and where several are joined; not what merely looks alike."""
    shapes = {"x": (2, 3), "h0": (2,), "W": (5, 2), "a": (2,), "b": (3,), "V": (7,)}
    formulas = {
        "h[t]": "tanh(concat(h[t-1], x[t]) @ W)",
        "z[t,j]": "sum[i](concat(h[t-1], x[t])[i]*W[i,j])",  # the index t is in what is joined, too
        "s": "concat(a, b, a)",
        "g[i]": "concat(a, b, a)[i]*V[i]",
        "d[i]": "a[i] + V[i-1]",  # a is longer than 1
        "L": "sum(z) + sum(h) + sum(s*g) + sum(d)",
    }
    found = written(shapes, formulas, {}, ["W"]).equations
    setter = EquationTypesetter(Names({"h0": "", **shapes, **formulas}), found)
    lines = {e.name: " = ".join(map(text.maths, setter.sides(e))) for e in found}
    assert lines["h"] == "hₜ = tanh(Wᵀ·[h_(t − 1); xₜ])"
    assert lines["z"] == "z_tj = ∑ᵢ [h_(t − 1); xₜ]ᵢ·W_ij"
    assert lines["s"] == "s = [a; b; a]"
    assert lines["g"] == "gᵢ = [a; b; a]ᵢ·Vᵢ"
    assert lines["d"] == "dᵢ = aᵢ + V_(i − 1)"
