"""The reference describes everything that there is, in words that fit a terminal, and its examples work."""

import shlex
import tomllib
from itertools import chain

import pytest
from refusals import LINE, one_line

import symnet
from symnet import cli, questions, reference, starts
from symnet.algebra import functions, losses, optimizers
from symnet.algebra.common_names import SAME, understood
from symnet.algebra.mistakes import Mistake
from symnet.classroom import export
from symnet.diagnosis import slips
from symnet.exercises import constraints
from symnet.exercises.keys_of_the_file import TABLES, TOP
from symnet.exercises.reader import loads
from symnet.paper import formats
from symnet.paper.document import Document
from symnet.reference import terminal
from symnet.training import datafile

CATALOGUES = {
    "questions": questions.CATALOGUE,
    "functions": functions.CATALOGUE,
    "losses": losses.CATALOGUE,
    "optimizers": optimizers.CATALOGUE,
    "slips": slips.CATALOGUE,
    "constraints": constraints.CATALOGUE,
    "formats": {**formats.by_ending(), **export.by_name()},
    "commands": cli.symnet.commands,
    "python": list(symnet._HOMES),
    "file": [table.heading for table in TABLES.values()],
}
ENTRIES = [(topic, entry) for topic in reference.all_topics() for entry in reference.entries_of(topic)]


def ids(entries):
    return [f"{topic}-{entry.name}" for topic, entry in entries]


@pytest.mark.parametrize("topic", CATALOGUES)
def test_every_member_of_a_catalogue_is_described(topic):
    described = {entry.name for entry in reference.entries_of(topic)}
    assert set(CATALOGUES[topic]) <= described


def test_every_entry_says_something_and_is_named_once():
    for topic in reference.all_topics():
        names = [entry.name for entry in reference.entries_of(topic)]
        assert len(set(names)) == len(names)
    for topic, entry in ENTRIES:
        assert entry.says.strip(), (topic, entry.name)
        assert "``" not in entry.says


def test_every_option_of_an_optimizer_has_words_of_its_own():
    for entry in reference.entries_of("optimizers"):
        for term, said in entry.terms:
            assert not said.startswith("an option"), (entry.name, term)


# -- the keys of the file ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("table", ["", *TABLES])
def test_the_reader_takes_the_keys_that_are_described_and_no_other(table):
    """A key that the reader takes without its being described would be found here, or is in no table of keys at all."""
    about = TABLES[table] if table else TOP
    if about.names:
        return  # the author's own names
    head = {"samples": "[[samples]]", "question": "[[question]]"}.get(table, f"[{table}]")
    text = f"qzxj = 1\n{LINE}" if not table else f"{LINE}\n{head}\nqzxj = 1"
    text = f"[network]\nlayers = [1, 1]\n{head}\nqzxj = 1" if table == "data" else text
    text = "[network]\nlayers = [1, 1]\nqzxj = 1" if table == "network" else text
    if table == "question":
        text += '\nask = "forward"'
    if table == "update":
        text += '\noptimizer = "sgd"'
    with pytest.raises(Mistake, match="qzxj"):
        loads(text)


def test_the_keys_of_data_are_those_of_the_reader_of_data():
    assert tuple(TABLES["data"].keys) == datafile.KEYS


@pytest.mark.parametrize(
    ("table", "key"), [(table, key) for table, about in {"": TOP, **TABLES}.items() for key in about.keys]
)
def test_the_example_of_a_key_is_a_line_of_a_file_with_that_key(table, key):
    about = TABLES[table] if table else TOP
    assert list(tomllib.loads(about.keys[key].example)) == [key]


def test_the_examples_of_the_tables_are_files():
    parts = {name: about.example for name, about in TABLES.items()}
    whole = "\n".join((TOP.example, parts["given"], parts["parameters"], parts["equations"]))
    for name in ("samples", "training", "update", "vary", "notation", "question"):
        if name == "samples":
            assert len(loads(whole + "\n" + parts[name]).problem.samples) == 2
        loads(whole + "\n" + parts[name]).worksheet()
    loads(parts["network"]).worksheet()
    assert loads(parts["data"] + "\n[network]\nlayers = [1, 2, 1]\n").trains is True


# -- examples ---------------------------------------------------------------------------------------------------------

TYPED = [(topic, entry) for topic, entry in ENTRIES if entry.example and topic != "file"]
FILES = [pair for pair in TYPED if not pair[1].example.startswith("symnet ")]


@pytest.mark.parametrize(("topic", "entry"), FILES, ids=ids(FILES))
def test_an_example_of_a_file_loads_and_gives_a_sheet(topic, entry):
    start = starts.text_of(entry.start) if entry.start else ""
    exercise = loads(f"{start}\n{entry.example}")
    if exercise.trains:
        assert exercise.plan.network.parameters
    elif topic in ("questions", "tasks"):
        assert exercise.worksheet().key.blocks


COMMANDS = dict.fromkeys(entry.example for _, entry in TYPED if entry.example.startswith("symnet "))


@pytest.mark.parametrize("typed", COMMANDS)
def test_an_example_of_a_command_is_one(typed):
    _, name, *arguments = shlex.split(typed.partition("    #")[0])
    cli.symnet.commands[name].make_context(name, arguments)  # refuses an option that there is not


ANSWERS = reference.entries_of("answers")


@pytest.mark.parametrize("entry", ANSWERS, ids=lambda entry: entry.name)
def test_the_answers_shown_are_right(entry, exercise_file, command):
    *_, answer = shlex.split(entry.example)
    code, out, _ = command("check", exercise_file(starts.text_of(entry.start)), answer)
    assert code == 0, out


# -- how it is asked for ----------------------------------------------------------------------------------------------


def test_everything_fits_eighty_columns():
    shown = [terminal.render(reference.describe())]
    shown += [terminal.render(reference.describe(topic)) for topic in reference.all_topics()]
    shown += [terminal.render(reference.describe(topic, entry.name)) for topic, entry in ENTRIES]
    for line in chain.from_iterable(text.split("\n") for text in shown):
        typed = line.startswith("    ") and not line.startswith("     ")
        assert len(line) <= 80 or typed or " " not in line.strip(), line


def test_an_entry_is_found_by_its_other_names_too():
    assert reference.describe("functions", "ReLU").title == "functions: relu"
    assert reference.describe("file", "schedule").title == "file: training.schedule"
    assert reference.describe("file", "training").title == "file: [training]"
    assert reference.describe("constraints", "dead-units").title == "constraints: dead units"


@pytest.mark.parametrize(
    ("arguments", "part"),
    [
        (["quesions"], 'did you mean "questions"?'),
        (["functions", "relo"], 'did you mean "relu"?'),
        (["questions", "gradeint"], 'did you mean "gradient"?'),
        (["--to", "doc"], "--to"),
        (["-o", "reference.doc"], "ending"),
    ],
)
def test_what_is_not_there_is_answered_with_what_is(command, arguments, part):
    assert part in one_line(*command("describe", *arguments))


def test_the_command_lists_describes_and_writes(command, tmp_path):
    code, out, err = command("describe")
    assert (code, err) == (0, "")
    assert all(topic in out for topic in reference.all_topics())
    assert "leaky_relu(z, 0.1)" in command("describe", "functions", "leaky_relu")[1]
    for ending in (".md", ".html", ".txt", ".typ", ".tex"):
        file = tmp_path / f"reference{ending}"
        assert command("describe", "losses", "-o", file)[0] == 0
        assert "half" in file.read_text(encoding="utf-8")
    assert (
        (tmp_path / "reference.md")
        .read_text(encoding="utf-8")
        .startswith(command("describe", "losses", "--to", "md")[1])
    )


def test_python_gives_a_document():
    document = symnet.describe("questions")
    assert isinstance(document, Document)
    assert "gradient" in document._repr_mimebundle_()["text/html"]


# -- names from elsewhere ---------------------------------------------------------------------------------------------


def test_a_name_from_elsewhere_means_one_thing():
    for catalogue in (functions.CATALOGUE, losses.CATALOGUE, optimizers.CATALOGUE):
        for name in catalogue:
            for word in (name.upper(), *SAME.get(name, "").split()):
                assert understood(word, catalogue) == name


def test_what_can_be_typed_is_bold_on_a_terminal_but_not_where_colours_are_unwanted(monkeypatch):
    monkeypatch.delenv("NO_COLOR", raising=False)
    document = reference.describe("losses")
    shown = terminal.render(document, bold=True)
    assert "  \x1b[1mhuber\x1b[0m" in shown
    plain = terminal.render(document)
    assert shown.replace("\x1b[1m", "").replace("\x1b[0m", "") == plain
    monkeypatch.setenv("NO_COLOR", "1")
    assert terminal.render(document, bold=True) == plain


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("two samples", "[[samples]]"),
        ("one derivative only", "--wrt w13"),
        ("leaky relu", "symnet describe functions leaky_relu"),
        ("slope", "tasks leaky-slope"),
        ("the same papers", "--salt"),
    ],
)
def test_words_are_looked_for_in_all_topics(command, words, found):
    code, out, _ = command("describe", *words.split())
    assert code == 0
    assert found in out


def test_what_no_topic_speaks_of_is_said(command):
    assert "there is no topic" in command("describe", "zeppelin")[2]
    assert "symnet describe functions" in command("describe", "functions", "qqq")[2]
