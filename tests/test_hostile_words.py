"""Hostile words on paper: nothing that somebody types reaches TeX as a command."""

import re

import pytest
from refusals import LINE

HOSTILE = {
    "a file read": r"\\input{/etc/passwd}",
    "a shell command": r"\\write18{touch X}",
    "an immediate write": r"\\immediate\\openout5=X",
    "the end": r"\\end{document}",
    "a definition": r"\\def\\task{X}\\catcode`\\$=11",
    "hat notation": "^^5cinput{X}",
    "a dollar": "costs $5 and $6",
    "a percent": "100% right",
    "braces": "}}} {{{",
    "every special sign": "# $ % & _ { } ~ ^ < > | ' ` *",
    "an emoji": "well done 🎉👩‍👧",
    "right to left": "\u202eshalom שלום",
    "Chinese": "神经网络",
    "accents": "Übung für Åsa, Łódź, naïve",
    "300 characters": "a very long title " * 17,
    "300 letters": "a" * 300,
    "an escape": "\\u001b[31mred",
    "newlines": "one\\n\\n\\ntwo",
    "a nul": "nul\\u0000nul",
    "dashes": "-- --- ?` !` << >> ,,",
}


# What may follow a backslash in a sheet that is made of our own words and these.
OUR_COMMANDS = set(
    """documentclass usepackage definecolor setlength AtBeginDocument abovedisplayskip belowdisplayskip
    abovedisplayshortskip belowdisplayshortskip mathindent parindent parskip raggedbottom newcommand heading task par
    bigskip smallskip textbf large Large nopagebreak pagebreak enspace hfill begin end raggedright underline hspace fill
    textcolor color begingroup endgroup vspace quad qquad renewcommand arraystretch hline postdisplaypenalty
    allowdisplaybreaks frac cdot partial room mathit mathrm text left right approx le ge leftarrow to xrightarrow
    longrightarrow boxed sqrt textbackslash textasciicircum textasciitilde textless textgreater textbar textquotedbl
    textasciigrave ldots fbox tiny ast eta delta tfrac sloppy emergencystretch samepage tall vphantom
    v c r H u i j ss ae o l L O AE
    centering draw node fill useasboundingbox fontsize selectfont allowbreak drawn rtl room""".split()  # noqa: SIM905
)


@pytest.mark.parametrize("place", ["title", "introduction", "text"])
@pytest.mark.parametrize("case", HOSTILE)
def test_hostile_words_are_printed_and_never_obeyed(command, tmp_path, place, case):
    words = HOSTILE[case]
    text = {
        "title": f'title = "{words}"\n{LINE}',
        "introduction": f'introduction = "{words}"\n{LINE}',
        "text": f'{LINE}[[question]]\nask = "forward"\ntext = "{words}"',
    }[place]
    file, sheet = tmp_path / "hostile.toml", tmp_path / "sheet.tex"
    file.write_text(text, encoding="utf-8")
    code, _, err = command("worksheet", file, "-o", sheet)
    assert (code, err) == (0, "")
    tex = sheet.read_text(encoding="utf-8")
    assert not unescaped(tex)
    assert all(c == "\n" or " " <= c <= "~" for c in tex)
    assert tex.count(r"\end{document}") == 1


def unescaped(tex):
    """What in a sheet is no command of ours, or a sign that TeX obeys in words."""
    body = tex.split(r"\begin{document}", 1)[1]
    found = [name for name in re.findall(r"\\([A-Za-z]+)", body) if name not in OUR_COMMANDS]
    bare = re.sub(r"\\[^A-Za-z]", "", body)  # without \$, \%, …
    found += re.findall(r"(?<!\n)%(?!\n)|\^\^|#", bare)
    assert bare.count("$") % 2 == 0
    assert bare.count("{") == bare.count("}")
    return found


def test_the_search_for_unescaped_words_finds_them():
    for bad in (r"\input{/etc/passwd}", r"\write18{x}", r"100% right", "^^5c", "#1"):
        assert unescaped(rf"\begin{{document}}a {bad} b\end{{document}}")


NOTATION = [
    r"\\input{/etc/passwd}",
    r"\\write18{touch X}",
    "$",
    "%",
    "#",
    "&",
    r"\\end{document}",
    r"\\def\\x{1}",
    "^^5c",
    "~",
    "🎉",
    "\u202ex",
    "a" * 300,
    "",
    "{",
    "}",
    "x_",
    "x_1_2",
    "x__",
    "x^_y",
    "^^",
    r"\\frac{1}{2}",
    r"\\\\",
    "x\\ny",
    "a\\u0000b",
    r"\\text{\\input{X}}",
    "<b>",
    '\\"',
    "{" * 60 + "x" + "}" * 60,
    r"\\hat",
]


@pytest.mark.parametrize("latex", NOTATION, ids=lambda latex: ascii(latex)[:20])
def test_hostile_notation_is_refused(message, latex):
    assert "notation.y" in message(f'{LINE}[notation]\ny = "{latex}"')


@pytest.mark.parametrize(
    "latex", [r"o_{h_1}", r"\\hat{y}", r"w^{(2)}_{13}", r"\\mathrm{net}_1", r"\\beta'", "αβ", "x*"]
)
def test_ordinary_notation_is_let_through(command, tmp_path, latex):
    file = tmp_path / "fine.toml"
    file.write_text(f'{LINE}[notation]\ny = "{latex}"', encoding="utf-8")
    assert command("worksheet", file, "-o", tmp_path / "sheet.tex")[0] == 0


def test_a_hostile_title_is_no_terminal_command(command, tmp_path):
    file = tmp_path / "hostile.toml"
    file.write_text(f'title = "a\\u001b[31m\\u0007b\\u202e"\n{LINE}', encoding="utf-8")
    code, out, _ = command("solve", file)
    assert code == 0
    assert all(c.isprintable() or c == "\n" for c in out)
