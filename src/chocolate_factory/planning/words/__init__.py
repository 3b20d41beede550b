"""What is said of a plan, in Spanish and English."""
