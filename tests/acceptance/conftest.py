"""Example folders are inputs, not tests of this project."""

collect_ignore_glob = ["*/*"]
