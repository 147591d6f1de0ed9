"""What `make setup` does, one concern per file: pip, uv, mirrors, Debian packages, Java, the environment."""
