"""Slips in sizes: the number that each gives, worked by hand, and what is said of one in an answer."""

from functools import cache

import pytest
from size_exercises import BARE, PICTURE, WORDS

import symnet
from symnet.diagnosis.hypotheses import Hypotheses
from symnet.diagnosis.slips import CATALOGUE

# 3 × 20 × 20, then 4 filters of 5 × 5 with stride 2 and padding 1: ⌊(20 + 2 − 5)/2⌋ + 1 = 9; a pool of 2: 4; 6 filters
# of 3 × 3 with padding 1: 4; 96 numbers; 10 units.
BY_HAND = [
    (PICTURE, "padding-not-counted", "(layer 3)", {"height3": 2, "width3": 2, "features4": 6 * 2 * 2}),
    (PICTURE, "padding-on-one-side", "(layer 3)", {"height3": (4 + 1 - 3) // 1 + 1}),
    (PICTURE, "stride-not-counted", "(layer 1)", {"height1": 20 + 2 - 5 + 1, "height2": 9}),
    (PICTURE, "first-window-not-counted", "(layer 1)", {"height1": 8, "width1": 8}),
    (PICTURE, "window-not-taken-off", "(layer 1)", {"height1": (20 + 2) // 2 + 1}),
    (PICTURE, "rounded-up", "(layer 1)", {"height1": 10, "height2": 5, "features4": 6 * 5 * 5}),
    (PICTURE, "size-kept", "(layer 1)", {"height1": 20, "width1": 20}),
    (PICTURE, "channels-kept", "(layer 1)", {"channels1": 3, "channels2": 3, "parameters3": 6 * 3 * 9 + 6}),
    (PICTURE, "channels-added-up", "(layer 2)", {"channels2": 1, "parameters3": 6 * 1 * 9 + 6}),
    (PICTURE, "channels-not-flattened", "(layer 4)", {"features4": 16, "parameters5": 16 * 10 + 10}),
    (PICTURE, "field-without-jump", "(layer 3)", {"field3": 7 + 2}),
    (PICTURE, "field-with-own-stride", "(layer 2)", {"field2": 5 + 1 * 2 * 2}),
    (PICTURE, "field-without-minus-one", "(layer 3)", {"field3": 7 + 3 * 4}),
    (PICTURE, "field-multiplied", "(layer 3)", {"field3": 7 * 3}),
    (PICTURE, "jump-of-one-layer", "(layer 3)", {"jump3": 1}),
    (PICTURE, "jumps-added", "(layer 3)", {"jump3": 4 + 1}),
    (PICTURE, "biases-not-counted", "(layer 1)", {"parameters1": 4 * 3 * 25}),
    (PICTURE, "biases-not-counted", "(layer 5)", {"parameters5": 96 * 10}),
    (PICTURE, "bias-for-every-input", "(layer 1)", {"parameters1": 4 * 3 * 25 + 4 * 3}),
    (PICTURE, "bias-for-every-input", "(layer 5)", {"parameters5": 96 * 10 + 96}),
    (PICTURE, "one-bias-for-all", "(layer 1)", {"parameters1": 301}),
    (PICTURE, "channels-below-not-counted", "(layer 1)", {"parameters1": 4 * 25 + 4}),
    (PICTURE, "one-side-of-the-kernel", "(layer 1)", {"parameters1": 4 * 3 * 5 + 4}),
    (PICTURE, "one-filter-alone", "(layer 1)", {"parameters1": 3 * 25 + 1}),
    (PICTURE, "weights-at-every-place", "(layer 1)", {"parameters1": 81 * 4 * 3 * 25 + 4}),
    (PICTURE, "parameters-of-a-pool", "(layer 2)", {"parameters2": 4 * 4 * 4 + 4}),
    (PICTURE, "one-place-alone", "(layer 1)", {"macs1": 4 * 3 * 25}),
    (PICTURE, "places-of-the-input", "(layer 1)", {"macs1": 20 * 20 * 4 * 3 * 25}),
    (PICTURE, "additions-counted-apart", "(layer 5)", {"macs5": 2 * 960}),
    (PICTURE, "numbers-for-bytes", "(layer 1)", {"memory1": 324}),
    (WORDS, "one-gate-alone", "(layer 5)", {"parameters5": 8 * 3 + 3 * 3 + 3}),
    (WORDS, "state-not-counted", "(layer 5)", {"parameters5": 4 * (8 * 3 + 3)}),
    (WORDS, "output-of-attention-not-counted", "(layer 2)", {"parameters2": 3 * 64}),
    (WORDS, "one-block-alone", "(in parameters)", {"parameters": 1723 - 256}),
    (WORDS, "scores-not-counted", "(layer 2)", {"macs2": 4 * 7 * 64}),
    (BARE, "biases-that-are-not-there", "(layer 1)", {"parameters1": 16 * 3 * 9 + 16}),
    (BARE, "biases-that-are-not-there", "everywhere", {"parameters1": 448, "parameters4": 1024 * 10 + 10}),
    (BARE, "statistics-as-parameters", "(layer 2)", {"parameters2": 2 * 16 + 2 * 16}),
]


@cache
def told(text):
    problem = symnet.loads(text).problem
    hypotheses = Hypotheses(problem)
    right = hypotheses.right(problem)
    found = {}
    for hypothesis, values in hypotheses.wrong(problem):
        changed = {key: value for key, value in values.items() if value != right[key]}
        found.setdefault((hypothesis.id, hypothesis.at), changed)
    return found


@pytest.mark.parametrize(("text", "id", "at", "numbers"), BY_HAND, ids=[f"{id} {at}" for _, id, at, _ in BY_HAND])
def test_a_slip_gives_what_it_gives_by_hand(text, id, at, numbers):
    changed = told(text)[id, at]
    assert {key: changed.get(key) for key in numbers} == numbers


def test_every_slip_of_sizes_is_worked_by_hand_above_and_no_other_happens_there():
    of_sizes = {id for id, slip in CATALOGUE.items() if slip.of_sizes}
    assert {id for _, id, _, _ in BY_HAND} == of_sizes
    for text in (PICTURE, WORDS, BARE):
        assert {id for id, _ in told(text)} <= of_sizes


def test_nothing_of_the_kind_is_looked_for_elsewhere():
    problem = symnet.loads('[given]\nx = 2\n[parameters]\nw = 3\n[equations]\ny = "floor(w*x/4) + 1"\n').problem
    assert not any(hypothesis.slip.of_sizes for hypothesis in Hypotheses(problem).hypotheses)


def test_a_size_that_follows_from_a_wrong_one_is_right_given_that():
    rounded = symnet.check(symnet.loads(PICTURE), {"height1": 10, "height2": 5}).as_text()
    assert "rounded up where the last window does not fit (layer 1)" in rounded
    assert "Carried forward from height1." in rounded
    unknown = symnet.check(symnet.loads(PICTURE), {"height1": 7, "height2": 3, "features4": 54}).as_text()
    assert unknown.count("Right, given your") == 2


def test_two_slips_at_two_layers_are_both_told():
    said = symnet.check(symnet.loads(PICTURE), {"parameters1": 300, "parameters3": 60}).as_text()
    assert "You forgot the biases among the parameters (layer 1)." in said
    assert "You forgot that a filter goes through all channels below (layer 3)." in said
