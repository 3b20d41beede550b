"""The mixed-integer program of a problem: arrays in, matrices out; nothing here is solved."""
