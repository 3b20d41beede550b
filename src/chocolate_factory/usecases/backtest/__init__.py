"""History walked through day by day with only what was known then: what the planner would have saved, and why not more.

``given`` (what came, and when it was known) → ``walked`` (price forecasts, refitted on the past alone) → ``chain`` (a
strategy's days: ``sight``, ``strategies``, ``execution``) → ``accounts`` (bills, stocks, savings) → ``document``.
"""
