"""The sources of findings, one file each behind one contract (`runner.advisories.sources.base`)."""
