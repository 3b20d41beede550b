"""Why something is late or nothing fits: the smallest clashing set of demands and limits, and its ways out."""
