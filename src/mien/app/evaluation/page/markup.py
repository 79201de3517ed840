"""HTML written by nesting calls: plain text is escaped wherever it is put in, so that nothing can be forgotten."""

from __future__ import annotations

import re
from collections.abc import Iterable
from html import escape
from typing import TypeAlias
from urllib.parse import quote

_VOID = frozenset({"area", "base", "br", "col", "hr", "img", "input", "link", "meta", "source", "wbr"})

# What an HTML document must not hold even when escaped: controls, halves of surrogate pairs (file names that are not
# Unicode come to us with them) and noncharacters.
_FORBIDDEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufdd0-\ufdef"
    + "".join(chr(plane << 16 | end) for plane in range(17) for end in (0xFFFE, 0xFFFF))
    + "]"
)
_ONE_LINE = 38
"""Characters of a command that a phone shows in one line."""

_CODE = re.compile(r"`([^`]+)`")


class Markup(str):
    """Text that is HTML already. Only this module makes it from text, by escaping."""

    __slots__ = ()


Child: TypeAlias = "str | Iterable[Child] | None"
"""What may stand in an element: text (escaped), markup, nothing, or several of them."""

Attribute: TypeAlias = str | int | float | bool | None


def text(value: str) -> Markup:
    """Text as HTML; characters that a document must not hold become the replacement character."""
    return Markup(escape(_FORBIDDEN.sub("\N{REPLACEMENT CHARACTER}", value), quote=True))


def join(*children: Child) -> Markup:
    """Children one after the other."""
    return Markup("".join(_flat(children)))


def tag(name: str, /, *children: Child, **attributes: Attribute) -> Markup:
    """An element.

    Args:
        name: Its name; ours, never a user's.
        children: What is in it.
        attributes: Its attributes: a final underscore is left out (``class_``) and others become hyphens; True stands
            without a value, False and None leave it out.
    """
    written = "".join(_attribute(key, value) for key, value in attributes.items())
    if name in _VOID:
        return Markup(f"<{name}{written}>")
    return Markup(f"<{name}{written}>{join(*children)}</{name}>")


def sentence(value: str) -> Markup:
    """Text in which words between backquotes are commands to type; short ones stay in one line."""
    parts = _CODE.split(value)
    return join(*(_code(part) if number % 2 else text(part) for number, part in enumerate(parts)))


def _code(words: str) -> Markup:
    return tag("code", words, class_="short" if len(words) <= _ONE_LINE else None)


def relative_address(path: str) -> str:
    """A relative path as an address: never of another site, and never a script."""
    clean = _FORBIDDEN.sub("\N{REPLACEMENT CHARACTER}", path).replace("\\", "/").lstrip("/")
    return "./" + quote(clean)


def _attribute(key: str, value: Attribute) -> str:
    if value is None or value is False:
        return ""
    name = key.rstrip("_").replace("_", "-")
    if value is True:
        return f" {name}"
    return f' {name}="{value if isinstance(value, Markup) else text(str(value))}"'


def _flat(children: Iterable[Child]) -> Iterable[str]:
    for child in children:
        if child is None:
            continue
        if isinstance(child, Markup):
            yield child
        elif isinstance(child, str):
            yield text(child)
        else:
            yield from _flat(child)
