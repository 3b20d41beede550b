"""Champion against challenger: who serves.

This is the plant's A/B test. A plant has one line, so nothing is split: both predict the same hours, one unseen, and a
paired test says who erred less. The benefit of the doubt is the champion's.
"""

from __future__ import annotations

import math
from typing import Final

import numpy as np

from chocolate_factory.domain.errors import InputError
from chocolate_factory.domain.models import Evidence, PairedTest, Verdict
from chocolate_factory.modelling.numbers import Floats
from chocolate_factory.modelling.paired import FEWEST_PAIRS, diebold_mariano

#: How often a challenger that is no better may pass, over all looks at the same evidence.
LEVEL: Final = 0.05
#: A regret that is larger by less is not worse: sums of thousands of slots are rounded to cents.
ROUNDING_EUR: Final = 0.01


def judge(evidence: Evidence | None, looks: int = 1) -> Verdict:
    """Whether the challenger takes the champion's place: it errs less on the same hours, and costs no euro more.

    Args:
        evidence: None where there are no hours that neither had seen.
        looks: how often evidence that grows is judged in all. Who looks every day finds a lucky day in the end, so
            each look gets its share of ``LEVEL`` (Bonferroni).

    Raises:
        InputError: the losses are no pairs, negative or no numbers, or ``looks`` is not positive.
    """
    if evidence is None:
        return Verdict(promote=False, reason="There are no hours yet that neither of them had seen.", test=None,
                       evidence=None)  # fmt: skip
    champion, challenger = _losses(evidence)
    if looks < 1:
        raise InputError("looks", looks, "at least one")
    if len(challenger) < FEWEST_PAIRS:
        return Verdict(promote=False, reason=_too_few(evidence), test=None, evidence=evidence)
    test = diebold_mariano(challenger[:, None], champion[:, None], evidence.lags)
    errs_less = test.p_first_better <= LEVEL / looks
    costs_more = evidence.challenger_eur > evidence.champion_eur + ROUNDING_EUR
    reason = (
        f"{_errors(evidence, test, errs_less=errs_less)}; {_euros(evidence)}: {_so(evidence, errs_less, costs_more)}"
    )
    return Verdict(promote=errs_less and not costs_more, reason=reason, test=test, evidence=evidence)


def _losses(evidence: Evidence) -> tuple[Floats, Floats]:
    """Champion's and challenger's, checked: a loss that is not a number would pass for neither better nor worse."""
    champion, challenger = np.array(evidence.champion_losses), np.array(evidence.challenger_losses)
    euros = np.array([evidence.champion_eur, evidence.challenger_eur])
    numbers = np.concatenate([champion, challenger, euros])
    if len(champion) != len(challenger):
        raise InputError("losses", f"{len(champion)} and {len(challenger)} days", "one of each for each day")
    if not np.isfinite(numbers).all() or (champion < 0.0).any() or (challenger < 0.0).any():
        raise InputError("losses", "negative or no number", "mean losses of days, and euros")
    return champion, challenger


def _too_few(evidence: Evidence) -> str:
    days = len(evidence.challenger_losses)
    more = FEWEST_PAIRS - days
    return (
        f"Not yet: {evidence.challenger} and {evidence.champion} share {days} days that neither had seen; "
        f"{more} more {'is' if more == 1 else 'are'} needed."
    )


def _errors(evidence: Evidence, test: PairedTest, *, errs_less: bool) -> str:
    ours, theirs = (math.fsum(losses) / test.days for losses in (evidence.challenger_losses, evidence.champion_losses))
    said = "errs less than" if errs_less else "is not proved to err less than"
    return (
        f"{evidence.challenger} {said} {evidence.champion} on the same {test.days} days "
        f"(mean loss {ours:.4g} against {theirs:.4g}, p = {test.p_first_better:.3f})"
    )


def _euros(evidence: Evidence) -> str:
    more = evidence.challenger_eur - evidence.champion_eur
    if abs(more) <= ROUNDING_EUR:
        return "following it costs the same"
    return f"following it costs {abs(more):.2f} EUR {'more' if more > 0 else 'less'}"


def _so(evidence: Evidence, errs_less: bool, costs_more: bool) -> str:  # noqa: FBT001  two answers, one sentence
    if errs_less and not costs_more:
        return "it takes its place."
    return f"{evidence.champion} stays."
