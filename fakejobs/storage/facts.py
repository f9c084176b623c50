"""What is true of every endpoint of storage."""

from __future__ import annotations

from fakejobs.evidence import Source, assumed, documented, recorded

EVERYWHERE: tuple[Source, ...] = (
    recorded("the token of a running job is taken in place of a key"),
    documented("it opens the job's own data, and the collections and frontiers of its project; scrapy-pagestorage needs that"),
    assumed("and nothing else, and only while the job runs"),
    documented("a path of the records' family may end with a slash"),
    recorded("records, collections and activity come in gzip where the client takes it; sums, empty answers and refusals do not"),
    assumed("an answer that is made whole has a Content-Length, one that is streamed is chunked"),
    documented("bodies are JSON lines, plain or gzip, and at most 1 MiB a value"),
    assumed("a body has at most 64 MiB, also when unpacked: 413"),
    assumed("a parameter that nobody knows is passed over, one with a blank value counts as not given"),
    assumed("where moments must differ, that of a call is the present one, or the last one and 1 ms"),
)
