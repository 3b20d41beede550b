"""Price forecasts: models of what is not published yet, their intervals, and walk-forward scores."""
