"""Work that nobody wants any more stops wherever it waits."""

import threading
from contextvars import copy_context

import pytest

from alzer.cancellation import Cancellation, Cancelled, cancellable, current


def test_without_anybody_who_gives_it_up_work_is_wanted() -> None:
    current().check()

    assert not current().is_cancelled


def test_work_that_was_given_up_stops_at_its_next_check() -> None:
    cancellation = Cancellation()
    with cancellable(cancellation):
        current().check()
        cancellation.cancel()
        with pytest.raises(Cancelled):
            current().check()

    current().check()


def test_it_follows_the_work_into_threads_that_copy_the_context() -> None:
    cancellation, found = Cancellation(), []
    with cancellable(cancellation):
        context = copy_context()
        thread = threading.Thread(
            target=lambda: context.run(lambda: found.append(current()))
        )
        thread.start()
        thread.join()

    assert found == [cancellation]
