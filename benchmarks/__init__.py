"""Benchmarks: `python -m benchmarks.NAME [--quick]` prints a table, and one JSON object as its last line."""
