"""Ctrl-C while training: it ends at once, or between two calls of a compiled loop, and is never lost."""

from __future__ import annotations

import signal
import threading
from types import FrameType
from typing import Any


class Interrupts:
    """``with Interrupts(waits=True) as interrupts``: Ctrl-C is kept until ``interrupts.check()`` raises it.

    Python raises KeyboardInterrupt in whatever it runs next: where that is what the garbage collector calls back, as
    JAX has it do, nothing can be raised, and training would go on.  A compiled loop cannot be left before it ends
    anyway, so that the first Ctrl-C ``waits``; without that, and the second time, it is raised at once as well.
    Whoever has a handler of their own keeps it.
    """

    def __init__(self, waits: bool) -> None:
        self._waits = waits
        self._asked = False
        here = threading.current_thread() is threading.main_thread()
        self._handles = here and signal.getsignal(signal.SIGINT) is signal.default_int_handler

    def __enter__(self) -> Interrupts:
        if self._handles:
            signal.signal(signal.SIGINT, self._keep)
        return self

    def __exit__(self, kind: type[BaseException] | None, *about: Any) -> None:
        if self._handles:
            signal.signal(signal.SIGINT, signal.default_int_handler)
        if kind is None:
            self.check()

    def _keep(self, number: int, frame: FrameType | None) -> None:
        first, self._asked = not self._asked, True
        if not (first and self._waits):
            raise KeyboardInterrupt

    def check(self) -> None:
        """Raise KeyboardInterrupt where it was asked for."""
        if self._asked:
            raise KeyboardInterrupt
