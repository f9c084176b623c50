"""The guard: whoever looks up or calls a host of the real service ends the test, and is told the line to write instead.

`hosts` knows the names, `doors` where clients ask for them, `early` the names that modules bound before, `caller` whose code it was,
`advice` what to write instead; `watch` is the guard of a fake, and `always` the one of a whole run.
"""
