"""The console's API over a real socket, a real store and a real ledger."""
