"""The door says what a real HMA said to the same questions over the same fingerprints (recorded by `asking`)."""

from __future__ import annotations

import json

import pytest

from tests.doors.hma.asking import QUESTIONS, RECORDED, VALUES, Question, ask
from tests.doors.hma.comparing import DIFFERENT, difference, list_as_hma_does
from tests.guard.running_guard import RunningGuard
from tests.guard.small_exchange import SmallExchange

ANSWERS = json.loads(RECORDED.read_text())


@pytest.fixture(scope="module")
def numbers(guard: RunningGuard, exchange: SmallExchange) -> dict[int, int]:
    return list_as_hma_does(guard, exchange, VALUES)


def test_every_question_has_an_answer_and_every_difference_a_question() -> None:
    assert [question.name for question in QUESTIONS] == [name for name, _, _ in ANSWERS]
    assert set(DIFFERENT) <= {question.name for question in QUESTIONS}


@pytest.mark.parametrize(
    ("question", "answer"),
    list(zip(QUESTIONS, ANSWERS, strict=True)),
    ids=[f"{n}: {q.name}" for n, q in enumerate(QUESTIONS)],
)
def test_the_door_says_what_hma_said(
    guard: RunningGuard, numbers: dict[int, int], question: Question, answer: list
) -> None:
    first = min(numbers, key=numbers.__getitem__)
    said = ask(guard.client, "/hma", question, first)
    assert not difference(question.name, (answer[1], answer[2]), said, numbers)
