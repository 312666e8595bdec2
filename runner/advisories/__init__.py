"""Which advisories affect which versions of a package, and why one no longer does.

Facts come from a database of OSV records (https://ossf.github.io/osv-schema/) that is read offline.
What could not be read is a value with its file and its reason, never an absence of findings.
"""
