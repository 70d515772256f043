"""What the Python reference needs to know beyond the source: methods of the clients, and plain names.

Both clients get their methods from one table of calls (``tianfu.client.calls``) by way of descriptors, which
look like attributes to who reads the source alone.
"""

import re
from typing import Any

import griffe

CLIENTS = {"Tianfu": ("{}", "Iterator[{}]"), "AsyncTianfu": ("Awaitable[{}]", "AsyncIterator[{}]")}
"""What a call and a walk over pages give, by client."""
_ROLE = re.compile(r":(?:class|func|meth|data|attr|mod|exc):`~?([^`]+)`")
_CALL = re.compile(r"(\w+_calls)\.(\w+)")


class Signatures(griffe.Extension):
    """Writes the clients' methods out, and names without the roles of another format."""

    def on_object(self, *, obj: griffe.Object, **_more: Any) -> None:
        """Take the roles out of docstrings."""
        if obj.docstring is not None:
            obj.docstring.value = _ROLE.sub(r"`\1`", obj.docstring.value)

    def on_package(self, *, pkg: griffe.Module, **_more: Any) -> None:
        """Give both clients their methods."""
        if "client" not in pkg.members:
            return
        calls = pkg["client.calls"]
        for name, attribute in calls["Calls"].members.items():
            found = _CALL.search(str(getattr(attribute, "value", "")))
            if found is None:
                continue
            module = calls.members[found[1]].target_path.partition(".")[2]
            made = pkg[f"{module}.{found[2]}"]
            for client, told in CLIENTS.items():
                method = griffe.Function(
                    name,
                    lineno=attribute.lineno,
                    endlineno=attribute.endlineno,
                    parameters=griffe.Parameters(griffe.Parameter("self"), *made.parameters),
                    returns=_answer(made, pkg, *told),
                    docstring=made.docstring,
                )
                pkg["client.client"].members[client].set_member(name, method)


def _answer(made: griffe.Function, pkg: griffe.Module, call: str, walk: str) -> str:
    told = str(made.returns)
    if found := re.fullmatch(r"(?:Call|Plan)\[(.+)\]", told):
        return call.format(found[1])
    items = pkg[f"{made.parent.path.partition('.')[2]}.{told}.items"]
    return walk.format(re.sub(r"^tuple\[(.+), \.\.\.\]$", r"\1", str(items.returns)))
