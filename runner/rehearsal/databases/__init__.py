"""The user's database, and the scratch one that is rehearsed on: one file for each engine.

How a database is dumped, restored and read is `runner.kinds.database`'s; here is only where the
copy is, how its address is told, and how it is taken away.
"""
