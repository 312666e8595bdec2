"""Scaffold: a first playbook for a repository, made of what stands in its files."""
