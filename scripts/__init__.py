"""Tools of the checkout: standard library only, never shipped in the wheel."""
