"""The remote control at /__fakejobs__/: the verbs of the Python door, over HTTP.

`POST /__fakejobs__/<verb>` takes a JSON object of the verb's keyword arguments. The door is never journaled and never
faulted, and it opens only to a Host that is a loopback name or one it was told, so that a web page cannot reach it.
"""

PREFIX = "/__fakejobs__"
"""Where the paths of the control door begin."""
