"""Loops of plain numbers and arrays, compiled by numba, which nothing else imports."""

# mypy: disable-error-code="no-untyped-call"

from __future__ import annotations

import hashlib
import inspect
import sys
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import Any, TypeVar

from llvmlite import ir
from numba import njit
from numba.core import cgutils, event, types
from numba.extending import intrinsic, overload, register_jitable
from numba.np.arrayobj import make_array

F = TypeVar("F", bound=Callable[..., Any])
_njit: Any = njit


@overload(bisect_left)
def _bisect_left(a: Any, x: Any) -> Any:  # noqa: ARG001
    def search(a: Any, x: Any) -> Any:
        low, high = 0, len(a)
        while low < high:
            middle = (low + high) >> 1
            if a[middle] < x:
                low = middle + 1
            else:
                high = middle
        return low

    return search


@overload(bisect_right)
def _bisect_right(a: Any, x: Any) -> Any:  # noqa: ARG001
    def search(a: Any, x: Any) -> Any:
        low, high = 0, len(a)
        while low < high:
            middle = (low + high) >> 1
            if x < a[middle]:
                high = middle
            else:
                low = middle + 1
        return low

    return search


def prefetch(array: Any, place: int) -> None:
    """Ask for the memory of an array's item before it is used; as Python, do nothing."""


def _prefetching(typing_context: Any, array: Any, place: Any) -> Any:  # noqa: ARG001
    """Call LLVM's `llvm.prefetch` for reading, into all caches."""

    def code(context: Any, builder: Any, signature: Any, given: Any) -> Any:
        kind = signature.args[0]
        laid = make_array(kind)(context, builder, given[0])
        item = cgutils.get_item_pointer(
            context, builder, kind, laid, [given[1]], wraparound=False, boundscheck=False
        )
        number, memory = ir.IntType(32), ir.PointerType()
        takes = ir.FunctionType(ir.VoidType(), [memory, number, number, number])
        asked = cgutils.get_or_insert_function(builder.module, takes, "llvm.prefetch.p0")
        builder.call(asked, [builder.bitcast(item, memory), number(0), number(3), number(1)])
        return context.get_dummy_value()

    return types.void(array, place), code


_prefetch: Any = intrinsic(_prefetching)


@overload(prefetch)
def _prefetch_overload(array: Any, place: Any) -> Any:  # noqa: ARG001
    def ask(array: Any, place: Any) -> None:
        _prefetch(array, place)

    return ask


def shared(*functions: Callable[..., Any]) -> None:
    """Let what is compiled call functions that stay Python for all others."""
    for function in functions:
        register_jitable(_nrt=False, forceinline=True)(function)


def part(function: F) -> F:
    """Compile a part of a loop into whatever calls it.

    Nothing that is compiled allocates or keeps an array, so that arrays need not be counted: left
    on, the counting of references (`_nrt`) takes four fifths of an engine's time.
    """
    compiled: F = _njit(_nrt=False, forceinline=True)(function)
    return compiled


def kept(function: F, *parts_of: ModuleType, told: object = None) -> F:
    """Compile a function at its first call, and keep it for other processes where that can be.

    Parameters
    ----------
    function
        What is compiled; again when its file changes.
    parts_of
        Modules of which something is compiled into it: again when their text changes, or that
        of this one.
    told
        What else is compiled into it, by what it prints as.
    """
    try:
        compiled: F = _njit(_nrt=False, cache=True)(function)
    except RuntimeError:  # no folder for it is writable
        return afresh(function)
    file = getattr(getattr(compiled, "_cache", None), "_cache_file", None)
    if file is not None:
        text = "".join(map(inspect.getsource, (sys.modules[__name__], *parts_of))) + repr(told)
        file._source_stamp = (file._source_stamp, hashlib.blake2b(text.encode()).hexdigest())
    return compiled


def afresh(function: F) -> F:
    """Compile a function at its first call, for this process alone."""
    compiled: F = _njit(_nrt=False)(function)
    return compiled


@contextmanager
def announced(announce: Callable[[], None]) -> Iterator[None]:
    """Call `announce` once if something has to be compiled meanwhile."""

    class Listener(event.Listener):
        def __init__(self) -> None:
            self.announced = False

        def on_start(self, event: event.Event) -> None:  # noqa: ARG002
            if not self.announced:
                self.announced = True
                announce()

        def on_end(self, event: event.Event) -> None:
            pass

    with event.install_listener("numba:compile", Listener()):
        yield
