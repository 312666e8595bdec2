"""The locks of the dossier: lists of packages, what changed between two, and what is outdated."""
