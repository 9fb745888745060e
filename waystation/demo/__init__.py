"""The built-in demo channel: an upstream without a key, a network or a bill.

It answers like a vendor would on the wire, from nothing but the request: the same request always
gets the same answer, another request another one. Each answer says that a demo wrote it.
"""
