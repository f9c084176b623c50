"""The queue: /jobq and its neighbours. Which jobs are in which state, how they change it, and their metadata."""
