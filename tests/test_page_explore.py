"""Explore in a real browser: numbers that follow, parts of the figure that light, and walks through arrays."""

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest
from browser import in_a_browser

from symnet.exercises.reader import load, loads
from symnet.page.written import page
from symnet.working.solution import solve

FOLDER = Path(__file__).parent.parent / "worksheets"
RELU = FOLDER / "relu.toml"
CROWD = """
learning_rate = 0.1
[network]
layers = [5, 6, 2]
activation = "sigmoid"
loss = "half_squared_error"
init = "uniform(-1, 1)"
seed = 5
inputs = [[1, 2, 3, -1, 0.5]]
targets = [[0, 1]]
"""


PADDED = """
learning_rate = 0.1
[network]
inputs = [[[[1, 2, 0], [0, 1, 1], [2, 0, 1]]]]
targets = [[[[1, 0], [0, 1]], [[0, 2], [1, 1]]]]
loss = "half_squared_error"
weights = { K1 = [[[[1, 0], [-1, 1]]], [[[0.5, 1], [1, 3]]]], b1 = [2, 0.5] }
[[layer]]
kind = "conv"
channels = 2
kernel = 2
stride = 2
padding = 1
"""


@pytest.fixture(scope="module")
def explored(browser, tmp_path_factory):
    """Opens the page of a worksheet, or of an exercise, at Explore."""
    folder = tmp_path_factory.mktemp("pages")

    def open_it(name, text=None):
        path = folder / f"{name}.html"
        if not path.exists():
            path.write_text(page(loads(text, f"{name}.toml") if text else load(str(FOLDER / f"{name}.toml")), 0)[0])
        browser.messages.clear()
        browser.looks(still=True)
        browser.open(path)
        browser.says("localStorage.clear(); explore.box.open = true")
        browser.until("explore.work && !explore.stale.size")
        return browser

    return open_it


def numbers(problem):
    """The exact number of every key."""
    solution = solve(problem)
    gradients = {f"grad({name})": value for name, value in solution.gradients.items()}
    return {**solution.forward, **gradients, **solution.updated}


def cells(browser, form):
    """The names of the entries that have a class, such as worked or read."""
    return browser.says(
        f"[...explore.walk.at.values()].filter(({{ td }}) => td.classList.contains('{form}')).map((one) => one.id)"
    )


# -- the network -------------------------------------------------------------------------------------------------------


@in_a_browser
def test_moving_a_weight_moves_every_number_to_the_exact_one(explored):
    opened = explored("relu")
    opened.says("const moved = explore.sliders.v_w13.range; moved.value = 3.5; moved.dispatchEvent(new Event('input'))")
    opened.until("explore.work && !explore.soon && !explore.stale.size")
    exact = numbers(loads(RELU.read_text().replace("w13 = 2", "w13 = 3.5"), "relu.toml").problem)
    shown = opened.says("Object.fromEntries(Object.entries(explore.lines).map(([k, l]) => [k, l.value.textContent]))")
    for key, text in shown.items():
        assert float(text.replace("−", "-")) == pytest.approx(float(exact[key]), rel=1e-5), key
    assert len(shown) > 15
    assert opened.says("explore.marked.numbers.length") >= 12


@in_a_browser
def test_a_factor_lights_its_part_of_the_figure_and_that_its_factors(explored):
    opened = explored("relu")
    row = 'document.querySelector(".explore > .derivation > [data-key=\\"KEY\\"]")'

    def lit(key="", text=""):
        """What is lit in the figure, by its kind and the name that it has; at a part of a line, which is pointed at."""
        if key:
            parts = f"[...{row.replace('KEY', key)}.querySelectorAll('mi, [data-n]')]"
            part = f"{parts}.find((one) => one.textContent === '{text}')"
            opened.says(f"{part}.dispatchEvent(new MouseEvent('mouseover', {{ bubbles: true }}))")
        kinds = "[one.tagName, one.firstChild?.textContent ?? '']"
        return sorted(
            map(tuple, opened.says(f"[...document.querySelectorAll('.explore svg .lit')].map((one) => {kinds})"))
        )

    assert lit("grad(w13)", "x1") == [("circle", ""), ("text", "x")]
    # A gradient that arrives, and a slope, are at their unit.
    assert lit("grad(w13)", "∂Loss∂x3") == [("circle", ""), ("text", "x")]
    assert lit("grad(x3)", "ReLU") == [("circle", ""), ("text", "x")]
    assert [kind for kind, _ in lit("x5", "w35")] == ["line", "polygon", "text"]
    ends = opened.says("['x1', 'x2'].map((at) => +document.querySelector('.explore line.lit').getAttribute(at))")
    y3, x5 = opened.says(
        "['v_y3', 'v_x5'].map((id) => +document.querySelector(`.explore svg text[data-id~=${id}]`).getAttribute('x'))"
    )
    assert y3 < ends[0] < ends[1] < x5
    opened.says("document.querySelector('.explore line.lit').dispatchEvent(new MouseEvent('mouseenter'))")
    assert opened.says("document.querySelectorAll('.derivation [data-n=v_w35].lit').length") >= 4
    circle = "[...document.querySelectorAll('.explore circle')].find((one) => one.dataset.id?.includes('v_y3'))"
    opened.says(f"{circle}.dispatchEvent(new MouseEvent('mouseenter'))")
    names = opened.says(
        "[...new Set([...document.querySelectorAll('.derivation [data-n].lit')].map((one) => one.dataset.n))]"
    )
    assert {*names} == {"v_x3", "v_y3", "g_Loss_d_x3", "g_Loss_d_y3"}
    # By keyboard from factor to factor, each said with its number.
    opened.says(f"{row.replace('KEY', 'grad(w35)')}.focus()")
    opened.press("ArrowRight")
    opened.press("ArrowRight")
    assert opened.says("explore.live.textContent") == "y3 = 5"
    assert [kind for kind, _ in lit()] == ["circle", "text"]


@in_a_browser
def test_wires_without_names_are_found_between_their_units(explored):
    opened = explored("crowd", CROWD)
    found = opened.says(
        "Object.fromEntries(PAGE.given[1].map(([id]) => [id,"
        "[...explore.marked.parts.get(id) || []].filter(({ tagName }) => tagName === 'line')"
        ".map((one) => ['x1', 'y1', 'x2', 'y2'].map((at) => +one.getAttribute(at)))]))"
    )
    weights = {name: ends for name, ends in found.items() if name.startswith("v_w")}
    assert len(weights) == 5 * 6 + 6 * 2
    assert {len(ends) for ends in weights.values()} == {1}
    assert len({str(ends) for ends in weights.values()}) == len(weights)
    x1, a2 = opened.says(
        "['v_x1', 'v_a1__2'].map((id) => ['x', 'y'].map((at) =>"
        "+document.querySelector(`.explore svg text[data-id~=${id}]`).getAttribute(at)))"
    )
    (ends,) = weights["v_w1__1__2"]
    assert x1[0] < ends[0] < ends[2] < a2[0]
    assert abs(ends[1] - x1[1]) < 20
    assert abs(ends[3] - a2[1]) < 20
    # A bias has no wire: it is at its unit.
    at = "[...explore.marked.parts.get('ID')].map(({ tagName }) => tagName)"
    biases = [name for name in found if name.startswith("v_b")]
    assert len(biases) == 6 + 2
    assert all(opened.says(at.replace("ID", name)) == ["circle"] for name in biases)
    opened.says("explore.sliders.v_b1__2.range.focus()")
    lit = "[...document.querySelectorAll('.explore svg .lit')].map((one) => one.dataset.id.split(' '))"
    assert [{"v_b1__2", "v_z1__2", "v_a1__2"} <= {*ids} for ids in opened.says(lit)] == [True]


@in_a_browser
def test_fifty_steps_end_where_solve_ends(explored):
    opened = explored("relu")
    before = opened.says("({...explore.numbers.start})")
    opened.says("explore.run(50)")
    end = opened.says("explore.numbers.start")
    exact = solve(replace(load(str(RELU)).problem, updates=50)).updated
    assert {f"v_{name}": float(value) for name, value in exact.items()} == pytest.approx(end, abs=1e-12)
    assert opened.says("explore.path.length") == 51
    opened.says("explore.rewind()")
    assert opened.says("explore.numbers.start") == before


# -- walks through arrays ----------------------------------------------------------------------------------------------


def test_a_window_is_known_beside_a_bias():
    """Worked by hand: padding 1 puts the first window of two rows and columns at −1, −1; a stride of 2 moves it."""
    text = page(loads(PADDED, "padded.toml"), 0)[0]
    windows = json.loads(re.search(r'"windows":(\[.*?\]),"steps"', text)[1])
    assert [window[2:] for window in windows] == [[[-1, -1], [2, 2], [2, 2]]] * 2


@in_a_browser
def test_a_window_slides_over_the_picture_and_its_border(explored):
    opened = explored("convolution")
    problem = load(str(FOLDER / "convolution.toml")).problem
    assert opened.says("explore.walk.order.name") == "Y, entry by entry"
    for i, name in enumerate(("Y1_1", "Y1_2", "Y2_1", "Y2_2")):
        r, c = divmod(i, 2)
        window = {f"v_I{r + u}__{c + v}" for u in (1, 2, 3) for v in (1, 2, 3)}
        assert cells(opened, "worked") == [f"v_{name.replace('_', '__')}"]
        assert {one for one in cells(opened, "read") if one.startswith("v_I")} == window
        assert opened.says(f"explore.walk.working.{name}.value.textContent.replace('−', '-')") == str(
            numbers(problem)[name]
        )
        opened.says("explore.walk.slides.click()")  # a step, where no animation is wanted
    # By keyboard, from a cell that is clicked; Z is padded, and its window begins outside.
    opened.says("explore.walk.at.get('v_Z1__1').td.click()")
    outside = "explore.walk.grids[0].border.filter(({ td }) => td.classList.contains('read')).map(({ r, c }) => [r, c])"
    assert sorted(opened.says(outside)) == [[-1, -1], [-1, 0], [-1, 1], [0, -1], [1, -1]]
    opened.press("ArrowDown")
    assert cells(opened, "worked") == ["v_Z2__1"]
    assert sorted(opened.says(outside)) == [[1, -1], [2, -1], [3, -1]]
    assert opened.says("explore.walk.live.textContent").startswith("Z 2,1 = −8, from K 1,2, I 2,1")
    opened.says("const moved = explore.sliders.v_I2__1.range; moved.value = 5; moved.dispatchEvent(new Event('input'))")
    opened.until("!explore.soon && !explore.stale.size")
    assert opened.says("explore.walk.at.get('v_I2__1').td.textContent") == "5"
    assert opened.says("explore.walk.at.get('v_Z2__1').td.textContent") == opened.says(
        "explore.lines.Z2_1.value.textContent"
    )
    assert [opened.barriers(), opened.messages] == [[], []]


@in_a_browser
def test_a_slide_plays_and_stops(explored):
    opened = explored("convolution")
    opened.looks()
    opened.says("explore.walk.slides.click()")
    assert opened.says("explore.walk.slides.textContent") == "Stop"
    opened.until("explore.walk.now > 0")
    opened.says("explore.walk.slides.click()")
    assert opened.says("[explore.walk.timer, explore.walk.slides.textContent]") == [None, "Slide"]


@in_a_browser
def test_rows_of_attention_are_worked_from_their_scores(explored):
    opened = explored("attention")
    assert opened.says("explore.walk.order.name") == "O, row by row"
    opened.says("explore.walk.move(1)")
    assert cells(opened, "worked") == ["v_O2__1", "v_O2__2"]
    assert {one for one in cells(opened, "read") if one[2] == "A"} == {"v_A2__1", "v_A2__2", "v_A2__3"}
    assert {one for one in cells(opened, "before") if one[2] == "S"} == {"v_S2__1", "v_S2__2", "v_S2__3"}
    shown = opened.says("explore.walk.grids.filter(({ table }) => !table.hidden).map(({ said }) => said)")
    assert [name for name in shown if name in "SAO"] == ["S", "A", "O"]


@in_a_browser
def test_steps_of_a_recurrence_go_forward_and_back(explored):
    opened = explored("recurrent")
    problem = load(str(FOLDER / "recurrent.toml")).problem
    walked = [
        [*opened.says(f"explore.walk.choose(explore.walk.order, {i}) ?? explore.walk.order.places[{i}].keys")]
        for i in range(6)
    ]
    forward = [[f"h{t}", f"y{t}"] for t in (1, 2, 3)]
    assert walked == forward + [[f"grad(y{t})", f"grad(h{t})"] for t in (3, 2, 1)]
    opened.says("explore.walk.choose(explore.walk.order, 4)")
    assert {*cells(opened, "worked")} == {"g_L_d_y2", "g_L_d_h2"}
    assert {"v_h3", "g_L_d_h3"} <= {*cells(opened, "read")}  # what comes from the step after it
    shown = opened.says("explore.walk.at.get('g_L_d_h2').td.textContent.replace('−', '-')")
    assert float(shown) == pytest.approx(float(solve(problem).gradients["h2"]), abs=1e-4)


@in_a_browser
def test_a_window_of_the_way_back_begins_outside(explored):
    opened = explored("convolution-backward")
    opened.says("explore.walk.choose(explore.walk.orders.find(({ name }) => name === '∂L/∂I, entry by entry'))")
    assert cells(opened, "worked") == ["g_L_d_I1__1"]
    assert {*cells(opened, "read")} == {"g_L_d_Z1__1", "v_K1__1"}
    grid = "explore.walk.grids.find(({ said }) => said === '∂L/∂Z')"
    outside = opened.says(
        f"{grid}.border.filter(({{ td }}) => td.classList.contains('read')).map(({{ r, c }}) => [r, c])"
    )
    assert sorted(outside) == [[-1, -1], [-1, 0], [0, -1]]
