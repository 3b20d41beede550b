"""The plant in SimPy: what a plan really does."""
