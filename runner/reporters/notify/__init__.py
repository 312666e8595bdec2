"""Telling people of what happened: what is worth telling, and its delivery by Apprise.

What is told never changes what was found: a delivery that fails is reported, and that is all.
"""
