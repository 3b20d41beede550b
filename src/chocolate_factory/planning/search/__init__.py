"""How a schedule is found: by HiGHS in one piece, in pieces or in two resolutions, by rule, and steadily."""
