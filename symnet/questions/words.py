"""Questions in words of the author's own."""

from __future__ import annotations

from typing import Annotated

from symnet.algebra.mistakes import Mistake
from symnet.paper.document import Answer
from symnet.questions import options
from symnet.questions.pieces import Asked, Question
from symnet.questions.prose import Vocabulary
from symnet.working.work import Work

ROOM = 3.0  # centimetres, where the author does not say how much


def text(
    work: Work,
    question: Question,
    *,
    answer: Annotated[str, options.words("the answer, which the key shows", for_the_key=True)] = "",
) -> Asked:
    """A question in words, with room for an answer; the key has the ``answer``, if the author gives one."""
    if not question.text.strip():
        raise Mistake('question ask = "text" needs text, the question in words')
    words = Vocabulary(work.problem, work.names.chosen, work.names)
    return Asked((), (Answer(words.blocks(answer, "answer"), ROOM),))
