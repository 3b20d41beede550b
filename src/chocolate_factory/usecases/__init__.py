"""Deeds. Each takes its ports as arguments; none knows which adapter stands behind them."""
