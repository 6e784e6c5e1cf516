"""What is seen of a call that a cluster works on."""

import io

from rich.console import Console

from alzer.cli.cluster_display import ClusterDisplay


def test_logs_get_a_line_now_and_then_with_the_pace() -> None:
    now = [0.0]
    text = io.StringIO()
    with ClusterDisplay(4, Console(file=text), lambda: now[0]) as display:
        for failed in (0, 1, 0):
            now[0] += 20.0
            display.advance(failed)

    assert text.getvalue().splitlines() == ["2/4, 0.1 per second, 1 failed"]


def test_a_terminal_gets_a_bar() -> None:
    text = io.StringIO()
    console = Console(file=text, force_terminal=True, width=100)
    with ClusterDisplay(4, console) as display:
        display.advance(0)

    assert "per second" in text.getvalue()
