"""What several kinds of learnt models share: trees as numbers, files without pickle, and the paired test."""
