"""Plumbing shared by all HTTP doors; it has never heard of a job.

    Request ─▶ Router ─▶ Endpoint ─▶ Runner: inject ▸ authenticate ▸ scope ▸ decode ▸ view ▸ Reply ─▶ bytes

An Endpoint is one row of a wire's table of contents. Its parameters are a frozen dataclass whose fields say everything
once: type, default, doc, evidence. A view takes the cloud, the decoded parameters and the account, and returns a Reply;
it neither sees the request nor builds bytes; formats.py and gzipped.py do that, and accept.py reads what a client takes. A Wire
says how its family authenticates, scopes and refuses; gateway.py has the pages of the proxy in front of all of them. Where a fault
takes a call, whoever injects it is handed the answer, as outgoing.py has it, and lets it leave.
"""
