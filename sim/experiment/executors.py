"""Where replications run: processes on this machine, or a cluster; each an executor."""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections.abc import Callable, Iterator
from concurrent.futures import BrokenExecutor, Executor, Future, ThreadPoolExecutor
from contextlib import contextmanager
from multiprocessing.connection import Connection
from queue import SimpleQueue
from typing import Any, TypeVar

from sim.errors import InputError, RunError

T = TypeVar("T")

_SECONDS_TO_CONNECT = 10


class WorkerDiedError(BrokenExecutor):
    """A process ended before it gave the result of what it had been given."""


class Processes(Executor):
    """Several processes on this machine; one that dies is replaced and takes nothing with it.

    The standard pool does not tell which call killed a process, and gives up all of them.

    Parameters
    ----------
    jobs
        How many processes; they start with the first call.
    before
        What this process does before it starts them.
    prepare
        What each does at its start, so that its first call need not.
    """

    def __init__(
        self,
        jobs: int,
        before: Callable[[], object] | None = None,
        prepare: Callable[[], object] | None = None,
    ) -> None:
        self._jobs = jobs
        self._before = before
        self._prepare = prepare
        self._closing = False
        self._workers: list[_Worker] = []
        self._idle: SimpleQueue[int] = SimpleQueue()
        # A thread for each process gives it a call and waits for the answer.
        self._threads = ThreadPoolExecutor(jobs)

    def submit(self, fn: Callable[..., T], /, *args: Any, **kwargs: Any) -> Future[T]:
        """Let a process call a function."""
        if not self._workers and not self._closing:
            if self._before is not None:
                self._before()
            for place in range(self._jobs):
                self._workers.append(_Worker(self._prepare))
                self._idle.put(place)
        return self._threads.submit(self._call, fn, args, kwargs)

    def _call(self, function: Callable[..., T], args: Any, kwargs: Any) -> T:
        place = self._idle.get()
        try:
            if not self._workers[place].process.is_alive() and not self._closing:
                self._workers[place] = _Worker(self._prepare)
            result: T = self._workers[place].call(function, args, kwargs)
        finally:
            self._idle.put(place)
        return result

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Let what is running end, and the processes with it."""
        self._closing = True
        self._threads.shutdown(wait, cancel_futures=cancel_futures)
        if wait:
            for worker in self._workers:
                worker.close()

    def kill(self) -> None:
        """End the processes at once, and what they were doing."""
        self._closing = True
        self._threads.shutdown(wait=False, cancel_futures=True)
        for worker in self._workers:
            worker.process.terminate()


class _Worker:
    """A process that calls functions one after another."""

    def __init__(self, prepare: Callable[[], object] | None) -> None:
        context = multiprocessing.get_context("spawn")
        self._ours, theirs = context.Pipe()
        self.process = context.Process(target=_serve, args=(theirs, prepare), daemon=True)
        with _holding_interrupts():
            self.process.start()
        theirs.close()

    def call(self, function: Callable[..., T], args: Any, kwargs: Any) -> T:
        try:
            self._ours.send((function, args, kwargs))
            is_result, answer = self._ours.recv()
        except (EOFError, ConnectionError):
            self.process.join()
            raise WorkerDiedError(
                f"process {self.process.pid} died ({_end_of(self.process.exitcode)})"
            ) from None
        if not is_result:
            raise answer
        result: T = answer
        return result

    def close(self) -> None:
        self._ours.close()
        self.process.join()


def _serve(connection: Connection, prepare: Callable[[], object] | None) -> None:
    """Call what is asked for until nobody is left to ask: what a process does."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if prepare is not None:
        prepare()
    while True:
        try:
            function, args, kwargs = connection.recv()
        except (EOFError, ConnectionError):
            return
        try:
            answer = True, function(*args, **kwargs)
        except Exception as error:
            answer = False, error
        try:
            connection.send(answer)
        except ConnectionError:
            return
        except Exception as error:
            told = f"its answer cannot be pickled ({type(error).__name__}: {error})"
            connection.send((False, RunError(told)))


def _end_of(code: int | None) -> str:
    if code is None or code >= 0:
        return f"exit code {code}"
    try:
        name = signal.Signals(-code).name
    except ValueError:
        name = f"signal {-code}"
    return f"killed by {name}; out of memory?" if name == "SIGKILL" else f"killed by {name}"


@contextmanager
def _holding_interrupts() -> Iterator[None]:
    """Put off Ctrl-C for this thread, and for good for processes started here.

    Ignoring it instead would lose one that comes meanwhile.
    """
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


@contextmanager
def processes(
    jobs: int,
    before: Callable[[], object] | None = None,
    prepare: Callable[[], object] | None = None,
) -> Iterator[Executor]:
    """Give an executor of processes on this machine, which end with the block.

    Parameters
    ----------
    jobs, before, prepare
        See `Processes`.
    """
    executor = Processes(jobs, before, prepare)
    try:
        yield executor
    except BaseException:
        executor.kill()
        raise
    executor.shutdown()


@contextmanager
def cluster(address: str) -> Iterator[Executor]:
    """Give an executor of a Dask cluster.

    Raises
    ------
    InputError
        If Dask is not installed, or no scheduler answers at the address.
    """
    try:
        from distributed import Client
    except ImportError:
        raise InputError(
            "--cluster needs Dask, which is not installed: pip install 'onestop-sim[cluster]'"
        ) from None
    try:
        client = Client(address, timeout=_SECONDS_TO_CONNECT)
    except (OSError, ValueError) as error:
        raise InputError(f"--cluster {address}: no Dask scheduler answers ({error})") from None
    with client:
        yield client.get_executor(pure=False)


def cores() -> int:
    """Count the processors that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
