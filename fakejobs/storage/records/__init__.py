"""What the spiders wrote: /items, /logs, /requests, /samples; and what time it is."""
