"""Texts of a service desk with the personal data in them labelled; see README.md."""
