"""How two plans of the same hours differ, batch by batch."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from chocolate_factory.domain.plan import Batch
from chocolate_factory.domain.time import isoformat_madrid

#: Kilograms by which a batch may differ and still be the same.
SAME_KG = 1.0


def changes(before: Sequence[Batch], now: Sequence[Batch]) -> list[dict[str, Any]]:
    """What was moved, made larger or smaller, added or dropped; in order of time.

    A batch is the other plan's nearest one of its product on the same stage: ids carry the start, which is what moves.
    """
    pairs, added, dropped = _matched(before, now)
    found = [_change(old, new) for old, new in pairs if _differs(old, new)]
    found += [_change(None, new) for new in added]
    found += [_change(old, None) for old in dropped]
    return sorted(found, key=lambda change: change["to"] or change["from"])


def _matched(
    before: Sequence[Batch], now: Sequence[Batch]
) -> tuple[list[tuple[Batch, Batch]], list[Batch], list[Batch]]:
    left, pairs, added = list(before), [], []
    for new in sorted(now, key=lambda b: b.start):
        alike = [old for old in left if (old.stage, old.product) == (new.stage, new.product)]
        if not alike:
            added.append(new)
            continue
        nearest = min(alike, key=lambda old: abs(old.start - new.start))
        left.remove(nearest)
        pairs.append((nearest, new))
    return pairs, added, left


def _differs(old: Batch, new: Batch) -> bool:
    return old.start != new.start or abs(old.kg - new.kg) > SAME_KG


def _change(old: Batch | None, new: Batch | None) -> dict[str, Any]:
    batch = new or old
    assert batch is not None  # noqa: S101  one of the two is given
    return {
        "what": _what(old, new),
        "stage": batch.stage,
        "product": batch.product,
        "machine": batch.machine,
        "from": isoformat_madrid(old.start) if old else None,
        "to": isoformat_madrid(new.start) if new else None,
        "kg_before": round(old.kg, 1) if old else None,
        "kg": round(new.kg, 1) if new else None,
    }


def _what(old: Batch | None, new: Batch | None) -> str:
    if old is None:
        return "added"
    if new is None:
        return "dropped"
    return "moved" if old.start != new.start else "resized"
