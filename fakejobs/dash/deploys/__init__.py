"""What `shub` uploads and fetches: versions of a project's code, eggs, image releases, and the settings they are built with."""
