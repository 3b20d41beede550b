"""Chocolate Factory: the autonomous brain of a chocolate plant in Linares."""

__version__ = "0.1.0"
