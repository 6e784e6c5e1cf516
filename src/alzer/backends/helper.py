"""A process for long work: it gives way to everything else, and ends at once.

What takes seconds on all cores (the preparation of a whole head) would keep the
threads of this process from answering in time, and native code can't be stopped in a
thread. The process runs at a low priority, and is killed when its work is given up.

Both ends run this program: what strangers have sent was decoded elsewhere, and only
numbers come here.
"""

import importlib
import os
import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from typing import Any, Final

from alzer.errors import AlzerError, TooDemanding

OnStage = Callable[[str, float], None]

# How soon work that is given up ends.
_ASKED_EACH_S: Final = 0.1

# A process that waits for work holds memory; the next one starts in some seconds.
_IDLE_S: Final = 120.0

# Beside work of the usual niceness it gets a tenth of a core (Linux: a weight of 110
# against 1024), so that it neither delays others nor stands still.
_NICENESS: Final = 10

_BROKEN: Final = (
    "Preparing the scan failed: it took more memory than there is. Send the scan of "
    "one head, at a resolution of about 1 mm."
)


class Helper:
    """A process that does one kind of work, one piece at a time.

    It starts when it is needed, and ends when nothing came for two minutes.

    Args:
        work: Names the function that does it, as `module:function`; called with the
            argument and with what it tells its stages.
    """

    def __init__(self, work: str) -> None:
        self._work = work
        self._turn = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._connection: Connection[Any, Any] | None = None
        self._idle: threading.Timer | None = None

    @property
    def pid(self) -> int | None:
        """The process's id; None: there is none now."""
        return None if self._process is None else self._process.pid

    def run(self, argument: object, on_stage: OnStage) -> Any:  # noqa: ANN401 - as the work has it
        """Do a piece of work in the process.

        Args:
            argument: What it is given.
            on_stage: Told what is being done and how much is done, several times a
                second; what it raises kills the process, and is raised.

        Returns:
            What the work gives.

        Raises:
            AlzerError: As the work has raised it.
            TooDemanding: The process has ended, for example for want of memory.
        """
        with self._turn:
            if self._idle is not None:
                self._idle.cancel()
            try:
                outcome = self._converse(argument, on_stage)
            except BaseException:
                self._end()
                raise
            self._idle = threading.Timer(_IDLE_S, self.stop)
            self._idle.daemon = True
            self._idle.start()
        if isinstance(outcome, AlzerError):
            raise outcome
        return outcome

    def stop(self) -> None:
        """End the process; work that is under way fails."""
        process = self._process
        if process is not None:
            process.kill()  # whoever waits for it is told, and gives up its turn
        with self._turn:
            self._end()

    def _converse(self, argument: object, on_stage: OnStage) -> Any:  # noqa: ANN401 - as above
        told = ("start", 0.0)
        on_stage(*told)
        try:
            connection = self._connection or self._start()
            connection.send(argument)
            while True:
                if connection.poll(_ASKED_EACH_S):
                    kind, content = connection.recv()
                    if kind == "outcome":
                        return content
                    told = content
                on_stage(*told)
        except (EOFError, OSError) as error:
            raise TooDemanding(_BROKEN) from error

    def _start(self) -> "Connection[Any, Any]":
        ours, theirs = Pipe()
        command = [sys.executable, "-P", "-m", "alzer.backends.helper", self._work]
        self._process = subprocess.Popen(  # noqa: S603 - this module
            [*command, str(theirs.fileno())],
            stdin=subprocess.DEVNULL,
            pass_fds=(theirs.fileno(),),
            start_new_session=True,  # Ctrl-C is for the service; it ends its processes
        )
        theirs.close()
        self._connection = ours
        return ours

    def _end(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()
        if self._connection is not None:
            self._connection.close()
        self._process = self._connection = None


def serve(
    connection: "Connection[Any, Any]", work: Callable[[Any, OnStage], Any]
) -> None:
    """Do pieces of work until nobody asks for more.

    Args:
        connection: Brings arguments, and takes stages and outcomes.
        work: What is done with each.
    """

    def on_stage(stage: str, share: float) -> None:
        connection.send(("stage", (stage, share)))

    with suppress(EOFError, OSError):  # whoever asked has gone
        while True:
            argument = connection.recv()
            try:
                outcome = work(argument, on_stage)
            except AlzerError as failure:
                outcome = failure
            connection.send(("outcome", outcome))
            del argument, outcome


def main() -> None:
    """Serve the process that has started this one."""
    os.nice(_NICENESS)
    module, _, function = sys.argv[1].partition(":")
    work = getattr(importlib.import_module(module), function)
    with Connection(int(sys.argv[2])) as connection:
        serve(connection, work)


if __name__ == "__main__":
    main()
