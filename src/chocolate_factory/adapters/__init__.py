"""Doors to the world. Nothing here decides anything."""
