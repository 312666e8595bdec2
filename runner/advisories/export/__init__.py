"""Advisories in the formats of other tools."""
