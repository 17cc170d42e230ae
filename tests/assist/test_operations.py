"""One table says what may be asked of the runtime."""

import inspect

from assist.runtime.client import RuntimeClient
from assist.runtime.operations import OPERATIONS
from assist.runtime.serving import Serving


def test_every_operation_has_an_answer_and_a_way_to_ask_it() -> None:
    for name in OPERATIONS:
        assert inspect.iscoroutinefunction(getattr(Serving, name))
        assert inspect.iscoroutinefunction(getattr(RuntimeClient, name))


def test_every_answer_of_the_models_is_an_operation() -> None:
    said = {name for name, one in vars(Serving).items() if inspect.iscoroutinefunction(one) and name[0] != "_"}
    assert said == set(OPERATIONS)


def test_the_runtime_says_that_it_is_too_slow_before_the_asker_gives_up() -> None:
    assert all(one.seconds < one.patience <= one.seconds + 5 for one in OPERATIONS.values())
