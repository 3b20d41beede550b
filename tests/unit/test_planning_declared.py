"""The declared baseline is what was declared, and a change in what it does is noticed; a change in its words is not."""

from __future__ import annotations

from dataclasses import replace

import pytest

from chocolate_factory.domain.errors import InputError
from chocolate_factory.planning.declared import DECLARED, fingerprint, require_declared
from chocolate_factory.planning.search import rules

CODE = '''
def work(day):
    """What it does."""
    begin = day.first_hour  # as early as it goes
    return begin
'''


def test_the_baseline_is_what_was_declared():
    """Where this fails, B2 or the code that follows it was changed: declare a new version, or undo the change."""
    assert fingerprint(rules.B2) == DECLARED.sha256
    assert require_declared() is DECLARED


@pytest.mark.parametrize("worse", [{"from_h": 17}, {"until_h": 12}, {"fills_first": True}, {"spread": True}])
def test_a_baseline_made_worse_is_refused(monkeypatch, worse):
    monkeypatch.setattr(rules, "B2", replace(rules.B2, **worse))
    with pytest.raises(InputError, match="changed is another one") as refused:
        require_declared()
    assert DECLARED.sha256 in str(refused.value)


def test_a_change_in_the_code_is_another_baseline_and_one_in_its_words_is_not():
    said = fingerprint(rules.B2, [CODE])
    assert fingerprint(rules.B2, [CODE.replace("What it does.", "Something else.")]) == said
    assert fingerprint(rules.B2, [CODE.replace("  # as early as it goes", "")]) == said
    assert fingerprint(rules.B2, [CODE.replace("first_hour", "last_hour")]) != said
    assert fingerprint(rules.B2, [CODE.replace("return begin", "return begin + 1")]) != said
