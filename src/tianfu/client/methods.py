"""Each call becomes a method of both clients from one definition, typed for either."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from functools import wraps
from typing import TYPE_CHECKING, Any, Generic, ParamSpec, Protocol, TypeVar, overload

from tianfu.client.call import Call, Plan

if TYPE_CHECKING:
    from tianfu.client.client import AsyncTianfu, Tianfu

P = ParamSpec("P")
T = TypeVar("T")
Item = TypeVar("Item")
Item_co = TypeVar("Item_co", covariant=True)


class Method(Generic[P, T]):
    """``client.name(…)``: the answer from :class:`Tianfu`, to be awaited from :class:`AsyncTianfu`."""

    def __init__(self, plan: Callable[P, Plan[T]]) -> None:
        self.plan = plan
        self.__doc__ = plan.__doc__

    @overload
    def __get__(self, client: None, owner: type) -> "Method[P, T]": ...
    @overload
    def __get__(self, client: "Tianfu", owner: type) -> Callable[P, T]: ...
    @overload
    def __get__(self, client: "AsyncTianfu", owner: type) -> Callable[P, Awaitable[T]]: ...
    def __get__(self, client: Any, owner: type) -> Any:
        if client is None:
            return self

        @wraps(self.plan)
        def method(*args: P.args, **kwargs: P.kwargs) -> Any:
            return client.run(self.plan(*args, **kwargs))

        return method


class Walk(Protocol[Item_co]):
    """Pages, one after the other."""

    def first(self) -> Call[Any]:
        """The call for the first page."""
        ...

    def following(self, page: Any) -> Call[Any] | None:
        """The call for the page after this one; ``None`` after the last."""
        ...

    def items(self, page: Any) -> tuple[Item_co, ...]:
        """What a page gives."""
        ...


def page_of(call: Call[Any]) -> Plan[Any]:
    """A plan for one page."""
    return (yield call)


class Pages(Generic[P, Item]):
    """``for item in client.name(…)``, or ``async for``; a page is fetched when it is needed."""

    def __init__(self, walk: Callable[P, Walk[Item]]) -> None:
        self.walk = walk
        self.__doc__ = walk.__doc__

    @overload
    def __get__(self, client: None, owner: type) -> "Pages[P, Item]": ...
    @overload
    def __get__(self, client: "Tianfu", owner: type) -> Callable[P, Iterator[Item]]: ...
    @overload
    def __get__(self, client: "AsyncTianfu", owner: type) -> Callable[P, AsyncIterator[Item]]: ...
    def __get__(self, client: Any, owner: type) -> Any:
        if client is None:
            return self

        @wraps(self.walk)
        def method(*args: P.args, **kwargs: P.kwargs) -> Any:
            return client.walk(self.walk(*args, **kwargs))

        return method
