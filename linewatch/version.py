"""The version of linewatch, in one place."""

__version__ = "0.1.0"
