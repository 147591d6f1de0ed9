"""Committed evaluation sets: texts with labels, and beside each the script that made it."""
