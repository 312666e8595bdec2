"""An upgrade rehearsed on copies: there, back, and as it was before.

`runner.rehearsal.rehearse` carries one out; the other modules are its tools, one for each thing
that is copied, changed or looked at. Nothing here writes into the user's repository, database or
artifacts; git alone notes the checkout, and forgets it at the end.
"""
