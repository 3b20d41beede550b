"""Every missing hour, joined into gaps, with how urgent each is.

The night of 2026-10-25 repeats an hour in Madrid: the day has 25, and none of them is a gap.
"""

from __future__ import annotations

from datetime import UTC, date, datetime

from chocolate_factory.domain.catalogue import spec_of
from chocolate_factory.domain.time import DAY, Interval, isoformat_madrid, madrid_midnight
from chocolate_factory.quality.gaps import after_vain_try, find_gaps, prioritise

NOW = datetime(2026, 10, 27, 9, 30, tzinfo=UTC)
WINDOW = Interval(madrid_midnight(date(2026, 10, 24)), madrid_midnight(date(2026, 10, 28)))
PVPC = spec_of("pvpc")

every_hour = list(PVPC.slots(WINDOW))
print(f"{len(every_hour)} hours from 24 to 27 October")

# What a store might hold: all but three hours of the 25th and the last two of today.
clock_change = madrid_midnight(date(2026, 10, 25))
hole = Interval(clock_change, clock_change + DAY / 8)
held = {start for start in every_hour[:-2] if start not in hole}

for gap in find_gaps(PVPC, WINDOW, held, NOW):
    gap = prioritise(gap, NOW)  # noqa: PLW2901  the same gap, now with its priority
    begin, end = isoformat_madrid(gap.window.start), isoformat_madrid(gap.window.end)
    print(f"{gap.missing} missing  {begin} to {end}  priority {gap.priority}: {gap.priority_reason}")

print("an upstream that has nothing is asked again after:")
gap, asked = find_gaps(PVPC, WINDOW, held, NOW)[0], NOW
for _ in range(6):
    gap = after_vain_try(gap, asked, "nothing yet")
    if gap.next_try_at is not None:
        print(f"  {(gap.next_try_at - asked).total_seconds() / 3600:.0f} h")
        asked = gap.next_try_at
