"""What is missing, what is wrong, and how finer points make a slot. Pure: values in, verdicts out."""
