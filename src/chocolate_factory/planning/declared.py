"""The declared baseline, frozen: what savings are measured against, by version, and how a change is noticed.

A baseline that is changed after the fact makes any saving. So each version is recorded here by the sha256 of what it
is: the rule's figures, and the code that follows the rule, comments and layout aside. Whoever means to change it
declares a new version, and a new chapter begins; the old one's hash stays where it is.
"""

from __future__ import annotations

import hashlib
import inspect
import io
import json
import tokenize
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from types import ModuleType
from typing import Final

from chocolate_factory.domain.errors import InputError
from chocolate_factory.planning import baselines
from chocolate_factory.planning.search import rules, walk
from chocolate_factory.planning.search.walk import Rule

#: Of ``baselines.py``, what the declared one goes through; the others are free to change.
_WAY_IN: Final = ("compact_block", "_by_rule")
_LAYOUT: Final = frozenset({tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT})


@dataclass(frozen=True)
class Declared:
    """A baseline as it was declared.

    Attributes:
        words: what it does, for people.
        sha256: ``fingerprint`` on the day it was declared.
    """

    name: str
    version: int
    words: str
    sha256: str


#: B2 of the plant's facts.
DECLARED: Final = Declared(
    name="B2 compact block",
    version=1,
    words="each day's work in one compact block from the crew's first hour (06:00), blind to price; conches as soon as "
    "their mass is needed; within every limit of the plant, the contracted power too",
    sha256="0bcdcfa30c3090cfb2879f48a922ebaa94c500c650f5f79595a8a80f25652ce3",
)


def require_declared(declared: Declared = DECLARED) -> Declared:
    """The baseline, if it still is what was declared.

    Raises:
        InputError: its rule or its code has changed since.
    """
    found = fingerprint(rules.B2)
    if found != declared.sha256:
        raise InputError(
            "baseline",
            found,
            f"{declared.name} was declared in version {declared.version} as {declared.sha256}: a baseline that is "
            "changed is another one; undo the change, or declare a new version in planning/declared.py",
        )
    return declared


def fingerprint(rule: Rule, code: Iterable[str] | None = None) -> str:
    """sha256 of a rule and of the code that follows it.

    Args:
        code: sources; by default those that are in use.
    """
    digest = hashlib.sha256(json.dumps(asdict(rule), sort_keys=True, default=str).encode())
    for source in _code() if code is None else code:
        digest.update(b"\n" + "".join(_said(source)).encode())
    return digest.hexdigest()


def _code() -> Iterator[str]:
    yield from (inspect.getsource(getattr(baselines, name)) for name in _WAY_IN)
    yield str(rules.MOST_WALKS)
    for module in (rules, walk):
        yield from _defined_in(module)


def _defined_in(module: ModuleType) -> Iterator[str]:
    """Every function and class of a module, by name."""
    own = {name: value for name, value in vars(module).items() if getattr(value, "__module__", "") == module.__name__}
    for _, value in sorted(own.items()):
        if inspect.isfunction(value) or inspect.isclass(value):
            yield inspect.getsource(value)


def _said(source: str) -> Iterator[str]:
    """What a source says to the machine: no comments, no docstrings, no layout."""
    before = tokenize.NEWLINE
    for token in tokenize.generate_tokens(io.StringIO(inspect.cleandoc(source)).readline):
        is_docstring = token.type == tokenize.STRING and before in {tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT}
        if token.type not in _LAYOUT and not is_docstring:
            yield token.string
        if token.type not in {tokenize.COMMENT, tokenize.NL}:
            before = token.type
