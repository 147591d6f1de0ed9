"""Pairs of texts that look alike: those that say the same, and those that do not."""
