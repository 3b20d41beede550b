"""What was saved: readings of the meter, the ledger of days, its reports, and what another contract would cost."""
