"""What the spiders wrote: /items, /logs, /requests, /samples; and what time it is.

reading.py says which rows are wanted, payloads.py how they look; csv_text.py and xml_text.py know two of the looks.
"""
