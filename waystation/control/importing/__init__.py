"""Moving in from new-api or one-api: everything that can be brought over, once.

    source = open_source(dsn)                          SQLite, MySQL, PostgreSQL; read only
    report = await run_import(settings, source, plan)  a page a transaction, then the ledger

What was brought over is remembered in the table `imports` in the transaction that wrote it, so a
second run does nothing, and one that was interrupted goes on.
"""
