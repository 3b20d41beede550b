"""A problem as arrays by product and slot, and what follows from the decisions of a schedule."""
