"""The tracked release in its repository: pins, drift, bumps, and what upstream offers."""
