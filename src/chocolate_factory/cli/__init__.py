"""The command line: the outermost door."""
