"""The one error of the setup."""


class SetupFailure(Exception):
    """Setup cannot go on; the message is one sentence that says what, where and what to do next."""
