"""What to run and when: pure, data in, matrices out."""
