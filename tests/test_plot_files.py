"""Files of plots: the same bytes each time, the rights of any new file, and the old one where a new one cannot be."""

import os
import subprocess
import sys

import numpy as np
import pytest
from drawn_plots import SQUARE
from matplotlib.figure import Figure

from symnet import files
from symnet.algebra.mistakes import Mistake, NotInstalled
from symnet.ours import MARK, marked
from symnet.training import plots

# Files

FIGURES = {
    "curves": lambda: plots.loss_curves([3, 0.01, 4], [1, 2, 3], 1, title="a title"),
    "picture": lambda: plots.learned_picture(np.eye(5), np.ones((5, 5)), [1, 2]),
    "matrix": lambda: plots.confusion_matrix([[1, 2], [3, 4]], ["alpha", "beta"]),
}
STARTS = {"png": b"\x89PNG", "pdf": b"%PDF", "svg": b"<?xml"}


@pytest.mark.parametrize("ending", STARTS)
@pytest.mark.parametrize("name", FIGURES)
def test_the_same_figure_gives_the_same_bytes_without_a_date(name, ending):
    figure = FIGURES[name]()
    content = plots.picture(figure, ending)
    assert content.startswith(STARTS[ending])
    assert plots.picture(figure, "." + ending.upper()) == content
    assert plots.picture(FIGURES[name](), ending) == content
    assert b"CreationDate" not in content
    assert b"dc:date" not in content


def test_another_process_writes_the_same_bytes(tmp_path):
    program = (
        "import sys; from symnet.training import plots\n"
        "for e in plots.ENDINGS: plots.save(plots.loss_curves([3, 1]), sys.argv[1] + '.' + e)"
    )
    for seed in ("1", "2"):
        environment = {**os.environ, "PYTHONHASHSEED": seed}
        subprocess.run([sys.executable, "-c", program, str(tmp_path / seed)], check=True, env=environment)
    for ending in plots.ENDINGS:
        assert (tmp_path / f"1.{ending}").read_bytes() == (tmp_path / f"2.{ending}").read_bytes()


def test_a_figure_may_be_a_guests():
    guest = Figure()
    guest.add_subplot().plot([1, 2])
    assert plots.picture(guest, "svg") == plots.picture(guest, "svg")


@pytest.mark.parametrize("ending", ["jpg", "", "png.exe", "gif\n"])
def test_another_ending_is_refused_with_a_list(ending):
    with pytest.raises(Mistake, match="known: png, pdf, svg") as caught:
        plots.picture(FIGURES["curves"](), ending)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", ["a.PNG", "a.b.pdf", "a.svg"])
def test_a_file_holds_the_picture_and_nothing_else_is_left(tmp_path, name):
    path = tmp_path / name
    path.write_text(f"old, {MARK}")
    plots.save(FIGURES["curves"](), path)
    assert path.read_bytes() == marked(plots.picture(FIGURES["curves"](), path.suffix), path.suffix.lower())
    assert os.listdir(tmp_path) == [name]
    plots.save(FIGURES["curves"](), str(path))  # a path in words


def test_a_file_has_the_rights_of_any_new_file(tmp_path):
    plots.save(FIGURES["curves"](), tmp_path / "a.png")
    (tmp_path / "b").touch()
    assert (tmp_path / "a.png").stat().st_mode == (tmp_path / "b").stat().st_mode


@pytest.mark.parametrize("step", ["replace", "mkdir"])
def test_where_a_file_cannot_be_written_the_old_one_stays_and_nothing_else(tmp_path, monkeypatch, step):
    path = tmp_path / "a.png"
    path.write_text(f"old, {MARK}")

    def fail(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(files.os, step, fail)
    with pytest.raises(Mistake, match=r'a\.png": No space left on device'):
        plots.save(FIGURES["curves"](), path)
    assert path.read_text() == f"old, {MARK}"
    assert os.listdir(tmp_path) == ["a.png"]


def test_a_place_that_cannot_be_written_is_refused(tmp_path, monkeypatch):
    figure = FIGURES["curves"]()
    (tmp_path / "folder.png").mkdir()
    with pytest.raises(Mistake, match="is a folder"):
        plots.save(figure, tmp_path / "folder.png")
    with pytest.raises(Mistake, match="has no ending"):
        plots.save(figure, tmp_path / "png")
    with pytest.raises(Mistake, match="known: png, pdf, svg"):
        plots.save(figure, tmp_path / "a.txt")
    (tmp_path / "a.png").write_text("old")
    monkeypatch.setattr(files.os, "access", lambda *_: False)
    with pytest.raises(Mistake, match="is read-only"):
        plots.save(figure, tmp_path / "a.png")
    assert sorted(os.listdir(tmp_path)) == ["a.png", "folder.png"]


# matplotlib itself


def test_without_matplotlib_every_picture_says_how_to_install_it(monkeypatch):
    figure = FIGURES["curves"]()
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    calls = [
        lambda: plots.loss_curves([1]),
        lambda: plots.loss_sections([1], 1),
        lambda: plots.fit_over_truth([1], [1], [1]),
        lambda: plots.learned_picture([[1]], [[1]], [1]),
        lambda: plots.decision_boundary(lambda q: q, SQUARE, [0, 1, 1, 0], 5),
        lambda: plots.activation_gallery(),
        lambda: plots.confusion_matrix([[1]]),
        lambda: plots.picture(figure, "png"),
    ]
    for call in calls:
        with pytest.raises(NotInstalled, match=r"matplotlib is not installed: pip install 'symnet\[plot\]'"):
            call()


def test_importing_plots_leaves_matplotlib_and_drawing_leaves_pyplot():
    program = (
        "import sys; from symnet.training import plots; assert 'matplotlib' not in sys.modules\n"
        "plots.picture(plots.loss_curves([1, 2]), 'png'); assert 'matplotlib' in sys.modules\n"
        "plots.picture(plots.learned_picture([[1]], [[1]], [1]), 'svg')\n"
        "plots.decision_boundary(lambda q: q, [[0, 0], [1, 1]], [0, 1], 5); plots.confusion_matrix([[1]])\n"
        "plots.activation_gallery(); assert 'matplotlib.pyplot' not in sys.modules"
    )
    subprocess.run([sys.executable, "-W", "error", "-c", program], check=True)


def test_saving_changes_no_setting_of_matplotlib():
    import matplotlib

    before = dict(matplotlib.rcParams)
    plots.picture(FIGURES["curves"](), "svg")
    assert dict(matplotlib.rcParams) == before
