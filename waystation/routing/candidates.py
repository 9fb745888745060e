"""Which (group, channel, price) may serve a request, in order. Pure: snapshot in, decision out."""
