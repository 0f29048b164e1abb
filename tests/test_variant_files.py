"""The papers and keys of a class: what is in them, what is never overwritten, and that nothing is ever half-written."""

import csv
import json
import os
import signal
import subprocess
import sys
import time
from fractions import Fraction as F
from pathlib import Path

import pytest
from varied_exercises import RELU, SMALL, VARY

import symnet
from symnet import files
from symnet.algebra.mistakes import Mistake
from symnet.classroom.variants import sampling
from symnet.classroom.variants.keys import as_text, load_key, read_key
from symnet.files import write_all
from symnet.ours import MARK


@pytest.fixture
def small(tmp_path):
    file = tmp_path / "small.toml"
    file.write_text(SMALL + VARY, encoding="utf-8")
    return file


def contents(folder):
    return {path.name: path.read_bytes() for path in Path(folder).iterdir()}


# -- the command ------------------------------------------------------------------------------------------------------


def test_a_class_gets_papers_keys_and_tables(command, small, tmp_path):
    roster = tmp_path / "class.csv"
    roster.write_text(
        'student,group,variant\n"Lovelace, Ada",A,\nBob,B,\n"=1+1",B,twins\nTwin,B,twins\n', encoding="utf-8"
    )
    out = tmp_path / "out"
    out.mkdir()
    arguments = ("worksheet", small, "-o", out / "p.txt", "--key", out / "k.md", "--variants", roster, "--salt", "x")
    code, stdout, err = command(*arguments)
    assert (code, stdout) == (0, "")
    assert err.startswith("symnet: 4 papers, ")
    key = json.loads((out / "k.json").read_text(encoding="utf-8"))
    assert key["schema"] == "symnet.key/1"
    assert key["salt"] == "x"
    assert key["stream"] == "symnet.draws/1"
    assert key["fixed"] == {"t": "1"}
    assert [entry["student"] for entry in key["variants"]] == ["Lovelace, Ada", "Bob", "=1+1", "Twin"]
    assert key["variants"][0]["roster"] == {"group": "A"}
    assert key["variants"][2]["label"] == "twins"
    assert key["variants"][2]["numbers"] == key["variants"][3]["numbers"]
    codes = [entry["variant"] for entry in key["variants"]]
    slugs = ["lovelace-ada", "bob", "1-1", "twin"]
    papers = [f"{slug}-{code}" for slug, code in zip(slugs, codes, strict=True)]
    assert set(contents(out)) == {"k.csv", "k.json", *(f"p-{p}.txt" for p in papers), *(f"k-{p}.md" for p in papers)}
    for entry, paper in zip(key["variants"], papers, strict=True):
        sheet, answers = (out / f"p-{paper}.txt").read_text("utf-8"), (out / f"k-{paper}.md").read_text("utf-8")
        assert f"A unit — Variant {entry['variant']} · {entry['student']}" in sheet
        assert f"Answer key · Variant {entry['variant']} · " in answers
        assert "x" not in {key["salt"]} - set("x")
        shown = {name: F(x) for name, x in entry["numbers"].items()}
        assert f"w = {shown['w']}".replace("-", "−") in sheet
        # The answers, by hand.
        z = shown["w"] * shown["x"] + shown["b"]
        assert entry["answers"]["z"] == {"exact": str(z), "decimal": entry["answers"]["z"]["decimal"]}
        assert F(entry["answers"]["grad(w)"]["exact"]) == (z - 1) * shown["x"]
        assert F(entry["answers"]["w"]["decimal"]) == shown["w"] - F(1, 10) * (z - 1) * shown["x"]
    rows = list(csv.reader((out / "k.csv").read_text("utf-8-sig").splitlines()))
    assert rows[0][:7] == ["student", "variant", "label", "roster group", "drawn x", "drawn w", "drawn b"]
    assert rows[3][0] == "'=1+1"  # a spreadsheet would work it out
    assert [row[1] for row in rows[1:]] == codes
    assert all(len(row) == len(rows[0]) for row in rows)
    before = contents(out)
    assert command(*arguments)[0] == 0  # the keys are known as such
    assert contents(out) == before
    assert read_key(out / "k.csv").students == read_key(out / "k.json").students


def test_the_key_marks_an_old_paper_without_the_salt(command, small, tmp_path):
    command(
        "worksheet", small, "-o", tmp_path / "p.txt", "--key", tmp_path / "k.json", "--variants", "5", "--salt", "x"
    )
    command("worksheet", small, "-o", tmp_path / "p.txt", "--key", tmp_path / "k.csv", "--variants", "5", "--salt", "x")
    exercise = symnet.load(small)
    from_json, from_csv = load_key(tmp_path / "k.json"), symnet.load_key(tmp_path / "k.csv")
    for student in range(1, 6):
        variant = symnet.variant(exercise, str(student), "x")
        assert symnet.with_numbers(exercise, from_json[variant.variant_code]).problem == variant.problem
        assert symnet.with_numbers(exercise, from_csv[variant.variant_code]).problem == variant.problem
        assert read_key(tmp_path / "k.json").students[str(student)] == variant.variant_code
        assert read_key(tmp_path / "k.csv").students[str(student)] == variant.variant_code
    assert from_json[variant.variant_code]["t"] == 1  # what is not drawn is in the key too


@pytest.mark.parametrize("ending", ["csv", "json"])
def test_a_key_that_is_a_table_is_that_alone(command, small, tmp_path, ending):
    out = tmp_path / "out"
    out.mkdir()
    command("worksheet", small, "-o", out / "p.txt", "--key", out / f"k.{ending}", "--variants", "2", "--salt", "x")
    assert sorted(name.split(".")[-1] for name in contents(out)) == sorted([ending, "txt", "txt"])
    assert all("Name" not in name for name in contents(out))


def test_without_a_salt_one_is_made_up_and_said(command, small, tmp_path):
    _, _, err = command("worksheet", small, "-o", tmp_path / "p.txt", "--key", tmp_path / "k.json", "--variants", "2")
    salt = json.loads((tmp_path / "k.json").read_text())["salt"]
    assert len(salt) == 16
    assert f"no --salt was given, so one was made up; the same papers again: --salt {salt}" in err
    before = contents(tmp_path)
    code, _, err = command(
        "worksheet", small, "-o", tmp_path / "p.txt", "--key", tmp_path / "k.json", "--variants", "2"
    )
    assert code == 2
    assert "is a key that is there already; give the --salt it was made with" in err
    assert contents(tmp_path) == before
    code, _, err = command(
        "worksheet", small, "-o", tmp_path / "p.txt", "--key", tmp_path / "k.json", "--variants", "2", "--salt", salt
    )
    assert code == 0
    assert contents(tmp_path) == before  # the same class, byte by byte


def test_the_salt_is_on_no_paper(command, small, tmp_path):
    out = tmp_path / "out"
    out.mkdir()
    for ending in ("tex", "html", "md", "txt", "typ", "ipynb"):
        arguments = ("-o", out / f"p.{ending}", "--key", out / f"k-{ending}.{ending}", "--variants", "1")
        assert command("worksheet", small, *arguments, "--salt", "hidden-secret")[0] == 0
    for name, content in contents(out).items():
        assert (b"hidden-secret" in content) == name.endswith(".json")
        if not name.endswith((".csv", ".json")):
            assert b"Variant" in content


@pytest.mark.parametrize("ending", ["json", "csv"])
def test_a_key_is_replaced_by_one_that_has_all_its_variants_and_by_no_other(command, small, tmp_path, ending):
    def written(variants, salt, *more):
        where = ("-o", tmp_path / "p.txt", "--key", tmp_path / f"k.{ending}")
        return command("worksheet", small, *where, "--variants", variants, "--salt", salt, *more)

    assert written("5", "x")[0] == 0
    assert written("6", "x")[0] == 0  # a student came late
    before = contents(tmp_path)
    code, _, err = written("6", "y")
    assert code == 2
    assert "is a key that is there already, and 6 of its 6 variants are not in the new one" in err
    assert written("4", "x")[0] == 2
    assert contents(tmp_path) == before
    assert written("6", "y", "--force")[0] == 0
    assert contents(tmp_path) != before


def test_what_is_no_key_is_not_overwritten(command, small, tmp_path):
    (tmp_path / "k.json").write_text("precious")
    arguments = ("worksheet", small, "-o", tmp_path / "p.txt", "--key", tmp_path / "k.json", "--variants", "2")
    code, _, err = command(*arguments, "--salt", "x")
    assert code == 2
    assert "is there already, and symnet did not write it; give another name, or --force" in err
    assert (tmp_path / "k.json").read_text() == "precious"


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", "{}", '{"schema": "symnet.key/2"}', '{"schema": "symnet.key/1"}', "a,b\n1,2\n", "student,variant\n",
     '{"schema": "symnet.key/1", "fixed": {}, "variants": [{"variant": "A", "student": "B", "numbers": {"x": "1/0"}}]}',
     '{"schema": "symnet.key/1", "fixed": {}, "variants": 3}', "student,variant,drawn x\nA,B,cat\n", '"'],
)  # fmt: skip
def test_what_is_no_key_is_said(tmp_path, text):
    file = tmp_path / "key"
    file.write_text(text)
    with pytest.raises(Mistake, match="key: "):
        load_key(file)
    with pytest.raises(Mistake, match="there is no such file"):
        load_key(tmp_path / "none")


@pytest.mark.parametrize("separator", [";", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "cp1252"])
def test_a_key_that_a_spreadsheet_saved_again_is_read(command, small, tmp_path, separator, encoding):
    key = tmp_path / "k.csv"
    command("worksheet", small, "-o", tmp_path / "p.txt", "--key", key, "--variants", "3", "--salt", "x")
    before = load_key(key)
    rows = list(csv.reader(key.read_text(encoding="utf-8-sig").splitlines()))
    with open(key, "w", encoding=encoding, newline="") as file:
        csv.writer(file, delimiter=separator).writerows(rows)
    assert load_key(key) == before
    assert len(before) == 3


def test_students_with_the_same_numbers_are_told(command, small, tmp_path):
    small.write_text(SMALL + "[vary]\nvalues = { w = [3, 4] }\nrequire = []\n")
    code, _, err = command("worksheet", small, "-o", tmp_path / "p.txt", "--variants", "9", "--salt", "x")
    assert code == 0
    assert "the same numbers were drawn for " in err
    assert "; only 2 sets of numbers can be drawn; give vary.values more numbers to choose from" in err
    assert "no --key was asked for" in err
    assert len(list(tmp_path.glob("p-*.txt"))) == 9


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--salt", "x"], "--salt goes with --variants"),
        (["--variants", "0"], "--variants 0: it must be from 1 to 100,000"),
        (["--variants", "none.csv"], "none.csv: there is no such file"),
        (["--variants", "2", "--key", "k.doc"], "the ending must be"),
        (["--variants", "2", "--run"], "--variants is for one exercise that is worked by hand"),
        ([RELU, "--variants", "2"], "--variants is for one exercise that is worked by hand"),
        (["--variants", "2", "--key", "folder.json"], "is a folder"),
    ],
)
def test_what_is_wrong_is_one_line_and_writes_nothing(command, small, tmp_path, monkeypatch, arguments, message):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "folder.json").mkdir()
    before = sorted(os.listdir(tmp_path))
    code, out, err = command("worksheet", small, "-o", "p.txt", *arguments)
    assert (code, out) == (2, "")
    assert err.count("\n") == 1
    assert message in err
    assert sorted(os.listdir(tmp_path)) == before


def test_an_exercise_for_training_has_no_variants(command, tmp_path):
    for name in ("fitting-a-curve", "stopping-early", "training-for-long"):
        file = RELU.with_name(f"{name}.toml")
        code, _, err = command("worksheet", file, "-o", tmp_path / "p.txt", "--variants", "2", "--salt", "x")
        assert code == 2
        assert "variants are for exercises that are worked by hand" in err


def test_a_student_whose_variant_fails_stops_all_of_them(command, small, tmp_path):
    roster = tmp_path / "class.csv"
    roster.write_text("student\nAda\nBob\nBob\n")
    code, _, err = command("worksheet", small, "-o", tmp_path / "p.txt", "--variants", roster, "--salt", "x")
    assert code == 2
    assert '"Bob" on lines 3 and 4' in err
    assert not list(tmp_path.glob("p-*"))


def test_cells_that_a_spreadsheet_would_carry_out_are_words():
    for cell in ("=1", "+1", "-1", "@x", "\tx", "\rx"):
        assert as_text(cell) == f"'{cell}"
    assert as_text("Ada = x") == "Ada = x"


@pytest.mark.parametrize("ending", ["tex", "typ"])
def test_all_papers_together_are_those_of_each_alone(command, small, tmp_path, ending):
    where = ("-o", tmp_path / f"p.{ending}", "--key", tmp_path / f"k.{ending}", "--variants", "3", "--salt", "x")
    assert command("worksheet", small, *where)[0] == 0
    assert command("worksheet", small, *where, "--together")[0] == 0
    start, turn = {
        "tex": ("\\begin{document}", "\\clearpage\\setcounter{page}{1}"),
        "typ": ("#title[", "#pagebreak()\n#counter(page).update(1)"),
    }[ending]
    for name in "pk":
        together = (tmp_path / f"{name}.{ending}").read_text("utf-8")
        assert together.count(turn) == 2
        for alone in sorted(tmp_path.glob(f"{name}-*.{ending}")):
            text = alone.read_text("utf-8").removesuffix(f"{'%' if ending == 'tex' else '//'} {MARK}\n")
            body = text.partition(start)[2].removesuffix("\\end{document}\n").strip()
            assert body
            assert body in together


def test_all_papers_together_are_one_pdf(command, small, tmp_path):
    pytest.importorskip("typst")
    from pypdf import PdfReader

    where = ("-o", tmp_path / "p.pdf", "--key", tmp_path / "k.json", "--variants", "3", "--salt", "x", "--together")
    assert command("worksheet", small, *where)[0] == 0
    assert sorted(contents(tmp_path)) == ["k.json", "p.pdf", "small.toml"]
    texts = [page.extract_text() for page in PdfReader(tmp_path / "p.pdf").pages]
    codes = [entry["variant"] for entry in json.loads((tmp_path / "k.json").read_text())["variants"]]
    starts = [next(i for i, text in enumerate(texts) if f"Variant {code}" in text) for code in codes]
    assert len(set(starts)) == 3
    assert all(texts[i].split()[-1] == "1" for i in starts)  # every paper is counted from 1
    code, _, err = command("worksheet", small, "-o", tmp_path / "p.txt", "--variants", "3", "--together")
    assert code == 2
    assert "papers can stand together in .pdf, .tex, .typ, which have pages" in err


def test_thirty_pdfs_and_keys(command, tmp_path):
    pytest.importorskip("typst")
    started = time.process_time()
    where = ("-o", tmp_path / "p.pdf", "--key", tmp_path / "k.pdf")
    code, _, _ = command("worksheet", RELU, *where, "--variants", "30", "--salt", "x")
    assert code == 0
    assert len(list(tmp_path.glob("*.pdf"))) == 60
    assert time.process_time() - started < 60
    assert {path.read_bytes()[:5] for path in tmp_path.glob("*.pdf")} == {b"%PDF-"}


# -- nothing half-written ---------------------------------------------------------------------------------------------


def test_files_may_be_made_one_by_one(tmp_path):
    def made():
        for i in range(3000):
            yield tmp_path / f"{i}.txt", f"text {i}"
        assert not (tmp_path / "0.txt").exists()  # not before all of them are there

    write_all(made())
    assert len(os.listdir(tmp_path)) == 3000
    assert (tmp_path / "2999.txt").read_text() == "text 2999"


@pytest.mark.parametrize("error", [Mistake("no"), KeyboardInterrupt(), OSError(28, "No space left on device")])
def test_what_stops_the_making_leaves_everything_as_it_was(tmp_path, error):
    (tmp_path / "a").write_text("old")

    def made():
        yield tmp_path / "a", "new"
        yield tmp_path / "b", "new"
        raise error

    with pytest.raises((Mistake, KeyboardInterrupt)):
        write_all(made())
    assert contents(tmp_path) == {"a": b"old"}


@pytest.mark.parametrize("links", [True, False])
@pytest.mark.parametrize("at", [1, 2, 3])
def test_a_file_that_cannot_take_its_place_takes_the_others_back(tmp_path, monkeypatch, at, links):
    for name in "ab":
        (tmp_path / name).write_text(f"old {name}")
    replace = os.replace
    count = iter(range(1, 100))

    def failing(source, target):
        if not str(source).endswith("before") and not str(target).endswith("before") and next(count) == at:
            raise OSError(28, "No space left on device")
        replace(source, target)

    monkeypatch.setattr(files.os, "replace", failing)
    if not links:
        monkeypatch.setattr(files.os, "link", lambda *_: (_ for _ in ()).throw(OSError(95, "not supported")))
    with pytest.raises(Mistake, match="No space left on device"), files.overwriting():
        write_all({tmp_path / name: "new" for name in "acb"})
    assert contents(tmp_path) == {"a": b"old a", "b": b"old b"}


def test_an_unwritable_folder_is_said_before_anything_is_drawn(command, small, tmp_path, monkeypatch):
    access = os.access
    monkeypatch.setattr(files.os, "access", lambda path, mode: Path(path) != tmp_path / "shut" and access(path, mode))
    (tmp_path / "shut").mkdir()
    monkeypatch.setattr(sampling.Sampler, "variant", lambda *_: pytest.fail("a variant was drawn"))
    for where in (["-o", tmp_path / "shut/p.txt"], ["-o", tmp_path / "p.txt", "--key", tmp_path / "shut/k.json"]):
        code, _, err = command("worksheet", small, *where, "--variants", "3", "--salt", "x")
        assert code == 2
        assert "shut" in err
        assert "nothing can be written in this folder" in err
    assert sorted(os.listdir(tmp_path)) == ["shut", "small.toml"]


@pytest.mark.parametrize("number", files.STOPS)
def test_ctrl_c_while_files_take_their_places_waits_until_all_have(tmp_path, monkeypatch, number):
    replace = os.replace

    def interrupted(source, target):
        signal.raise_signal(number)
        replace(source, target)

    monkeypatch.setattr(files.os, "replace", interrupted)
    handler = signal.signal(number, signal.default_int_handler)
    try:
        with pytest.raises(KeyboardInterrupt):
            write_all({tmp_path / name: "new" for name in "abc"})
    finally:
        signal.signal(number, handler)
    assert contents(tmp_path) == dict.fromkeys("abc", b"new")


INTERRUPTED = """
import signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)  # a job in the background ignores it, under nohup the others
signal.signal(signal.SIGTERM, signal.SIG_DFL)
signal.signal(signal.SIGHUP, signal.SIG_DFL)
from symnet import cli
sys.argv = ["symnet", *sys.argv[1:]]
cli.main()
"""


@pytest.mark.skipif(sys.platform == "win32", reason="no SIGINT for a child there")
@pytest.mark.parametrize(("number", "code"), [("SIGINT", 130), ("SIGTERM", 143), ("SIGHUP", 129)])
def test_a_run_that_is_stopped_leaves_nothing(small, tmp_path, number, code):
    out = tmp_path / "out"
    out.mkdir()
    (out / "p-0001.txt").write_text("mine")
    arguments = [small, "-o", out / "p.txt", "--key", out / "k.txt", "--variants", "5000", "--salt", "x"]
    child = subprocess.Popen(
        [sys.executable, "-c", INTERRUPTED, "worksheet", *map(str, arguments)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        for _ in range(1200):
            hidden = next(out.glob(".symnet-*"), None)
            if hidden is not None and len(os.listdir(hidden)) > 5:
                break
            assert child.poll() is None, child.communicate()
            time.sleep(0.1)
        else:
            pytest.fail("nothing was written in two minutes")
        child.send_signal(getattr(signal, number))
        _, err = child.communicate(timeout=60)
    finally:
        child.kill()
    assert (child.returncode, err.strip()) == (code, "symnet: stopped")
    assert contents(out) == {"p-0001.txt": b"mine"}


# -- what a teacher would lose ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--key", "class.txt", "--salt", "s", "--force"), '"class.csv" is the roster itself'),
        (("--key", "s.txt", "--salt", "s"), "the sheet and the key are both"),
        (("--key", "k.txt", "--salt", " "), "--salt is empty"),
    ],
)
def test_what_would_be_lost_or_open_to_all_is_refused(inside, monkeypatch, small, tmp_path, options, said):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "class.csv").write_text("student\nAda\nBob\n", encoding="utf-8")
    before = contents(tmp_path)
    done = inside("worksheet", str(small), "-o", "s.txt", "--variants", "class.csv", *options)
    assert done.returncode == 2
    assert said in done.stderr
    assert contents(tmp_path) == before
