"""What a question can say beside ``ask``: the definitions of the kinds are the only list of keys."""

import pytest
from neuron import LINE

import symnet
from symnet import Mistake, questions
from symnet.paper.document import Space
from symnet.questions.options import COMMON

WITH = LINE + '\n[[question]]\nask = "{ask}"\n{key} = {value}\n'


@pytest.mark.parametrize("ask", questions.CATALOGUE)
def test_a_key_that_a_kind_of_question_does_not_use_is_refused_with_the_keys_it_has(ask):
    every = {key for kind in questions.CATALOGUE for key in questions.options_of(kind)}
    own = questions.options_of(ask)
    for key in every - set(own):
        with pytest.raises(Mistake) as found:
            symnet.loads(WITH.format(ask=ask, key=key, value='"w"'))
        assert f"question[0].{key} is " in str(found.value)
        assert all(f" {name}" in str(found.value) for name in own) or "use of: " in str(found.value)


def test_every_key_of_a_question_is_described_in_one_line():
    options = [option for kind in questions.CATALOGUE for option in questions.options_of(kind).values()]
    for option in (*options, *COMMON.values()):
        assert 10 < len(option.says) < 90
        assert "\n" not in option.says


def test_a_gradient_asked_with_wrt_is_told_of():
    with pytest.raises(Mistake, match=r"question\[0\].wrt .* use of: the names x whose gradients"):
        symnet.loads(WITH.format(ask="gradient", key="wrt", value='"w"'))


def test_an_author_can_say_how_much_room_there_is_to_write_in():
    for ask in ("gradient", "graph"):
        blocks = symnet.loads(WITH.format(ask=ask, key="room", value=2.5)).worksheet().sheet.blocks
        assert sum(block.height for block in blocks if isinstance(block, Space)) == 2.5
    with pytest.raises(Mistake, match="from 0 to 25"):
        symnet.loads(WITH.format(ask="gradient", key="room", value=99))
