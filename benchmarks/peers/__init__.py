"""Programs that run in a peer's own environment: texts as JSON on stdin, what it finds as JSON on stdout."""
