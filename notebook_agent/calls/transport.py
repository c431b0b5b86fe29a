"""Where model calls are seen: `handle_request` of the transports of httpx and httpx2, on the class.

Clients that exist already are seen too, and nothing of the user's code is touched. Work that a
step gives to a pool carries the step, and a thread that it starts is known as the step's. A
module that is not imported yet is wrapped right after its import. What is installed
twice is installed once; tools that put the original back (a recorder of HTTP in a test)
are noticed when the next step begins.
"""

from __future__ import annotations

import functools
import sys
import threading
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import TYPE_CHECKING

from notebook_agent.calls import scopes
from notebook_agent.calls.cutting import cut_short
from notebook_agent.calls.running import Running

if TYPE_CHECKING:
    from notebook_agent.calls.exchange import Exchange, Request, Response

__all__ = ["install", "installed", "uninstall"]

_MODULES = ("httpx", "httpx2")
_MARK = "_notebook_agent_wrapper"

Wrap = Callable[[Callable[..., object]], Callable[..., object]]
Handler = Callable[[object, "Request"], "Response"]
AsyncHandler = Callable[[object, "Request"], Awaitable["Response"]]


_lock = threading.RLock()
_state = {"installed": False}
_wrapped: list[tuple[type, str]] = []


def installed() -> bool:
    """Tell whether model calls are seen."""
    return _state["installed"]


def install() -> None:
    """See the model calls of every step from now on; a second call does nothing more."""
    with _lock:
        _state["installed"] = True
        if _watcher not in sys.meta_path:
            sys.meta_path.insert(0, _watcher)
        _wrap_all()


def uninstall() -> None:
    """Put back what was there before; calls made from now on are not seen."""
    with _lock:
        _state["installed"] = False
        if _watcher in sys.meta_path:
            sys.meta_path.remove(_watcher)
        for owner, name, _ in _places():
            _unwrap(owner, name)


def _recheck() -> None:
    if _state["installed"] and not _all_wrapped():
        with _lock:
            _wrap_all()


def _all_wrapped() -> bool:
    expected = 2 + 2 * sum(map(sys.modules.__contains__, _MODULES))
    return len(_wrapped) == expected and all(_is_ours(getattr(owner, name)) for owner, name in _wrapped)


scopes.on_enter(_recheck)


def _places() -> list[tuple[type, str, Wrap]]:
    """List what is wrapped in the modules that are imported: class, method, and how."""
    found: list[tuple[type, str, Wrap]] = [
        (ThreadPoolExecutor, "submit", _wrap_submit),
        (threading.Thread, "start", _wrap_start),
    ]
    for name in _MODULES:
        module = sys.modules.get(name)
        if module is not None and hasattr(module, "AsyncHTTPTransport"):
            sync, asynchronous = module.HTTPTransport, module.AsyncHTTPTransport
            found.append((sync, "handle_request", functools.partial(_wrap_sync, module)))
            found.append((asynchronous, "handle_async_request", functools.partial(_wrap_async, module)))
    return found


def _is_ours(method: object) -> bool:
    """Tell our wrapper from one of others around it, to which `functools.wraps` has copied the mark."""
    return getattr(method, _MARK, None) is method


def _wrap_all() -> None:
    places = _places()
    _wrapped[:] = [(owner, name) for owner, name, _ in places]
    for owner, name, wrap in places:
        original = getattr(owner, name)
        if not _is_ours(original):
            wrapper = wrap(original)
            setattr(wrapper, _MARK, wrapper)
            setattr(owner, name, wrapper)


def _unwrap(owner: type, name: str) -> None:
    method = getattr(owner, name)
    if _is_ours(method):
        setattr(owner, name, method.__wrapped__)


def _running() -> Running | None:
    return scopes.current() if _state["installed"] else None


def _wrap_sync(module: ModuleType, original: Handler) -> Handler:
    from notebook_agent.calls.exchange import read_exchange

    @functools.wraps(original)
    def handle_request(self: object, request: Request) -> Response:
        running = _running()
        exchange = read_exchange(module, running, request) if running else None
        if running is None or exchange is None:
            return original(self, request)
        served = exchange.served()
        if served is not None:
            return served
        with running.on_stop(functools.partial(cut_short, self, request)):
            return _send(exchange, lambda: original(self, request))

    return handle_request


def _send(exchange: Exchange, send: Callable[[], Response]) -> Response:
    try:
        with scopes.paused():
            response = send()
    except BaseException as error:
        exchange.tape.lost(error)
        raise
    return exchange.tee(response)


def _wrap_async(module: ModuleType, original: AsyncHandler) -> AsyncHandler:
    from notebook_agent.calls.exchange import aread_exchange

    @functools.wraps(original)
    async def handle_async_request(self: object, request: Request) -> Response:
        running = _running()
        exchange = await aread_exchange(module, running, request) if running else None
        if exchange is None:
            return await original(self, request)
        return exchange.aserved() or await _asend(exchange, lambda: original(self, request))

    return handle_async_request


async def _asend(exchange: Exchange, send: Callable[[], Awaitable[Response]]) -> Response:
    try:
        with scopes.paused():
            response = await send()
    except BaseException as error:
        exchange.tape.failed(error)
        raise
    return exchange.atee(response)


def _wrap_submit(original: Callable[..., object]) -> Callable[..., object]:
    @functools.wraps(original)
    def submit(
        self: ThreadPoolExecutor, fn: Callable[..., object], /, *args: object, **kwargs: object
    ) -> object:
        running = _running()
        if running is None:
            return original(self, fn, *args, **kwargs)
        return original(self, scopes.carrying(running).run, fn, *args, **kwargs)

    return submit


def _wrap_start(original: Callable[..., object]) -> Callable[..., object]:
    @functools.wraps(original)
    def start(self: threading.Thread) -> object:
        if _state["installed"]:
            scopes.starting(self)
        return original(self)

    return start


class _Watcher:
    """Sees httpx and httpx2 being imported, and wraps them when they are."""

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Find the module as the other finders do, and have its loader call us afterwards."""
        if name not in _MODULES:
            return None
        others = (finder for finder in sys.meta_path if finder is not self)
        specs = (finder.find_spec(name, path, target) for finder in others)
        spec = next((spec for spec in specs if spec is not None), None)
        if spec is not None and spec.loader is not None:
            self._follow(spec)
        return spec

    @staticmethod
    def _follow(spec: ModuleSpec) -> None:
        loader = spec.loader
        assert loader is not None
        execute = loader.exec_module

        def exec_module(module: ModuleType) -> None:
            del loader.exec_module
            execute(module)
            _recheck()

        loader.exec_module = exec_module  # type: ignore[method-assign]  # this loader alone, and for once


_watcher = _Watcher()
