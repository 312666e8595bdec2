"""The golden example in ``reports/example``: how it is made, and how another is held against it."""
