"""The vocabulary: time, series, tariff. Standard library only."""
