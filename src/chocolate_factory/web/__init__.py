"""HTTP: translate and call; decide nothing."""
