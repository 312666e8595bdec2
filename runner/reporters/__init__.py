"""What people and other programs see of a run; each reporter takes a finished `Run`.

Only the console listens to events, and only to show progress. Text of any origin passes
`runner.reporters.text` before it is shown.
"""
