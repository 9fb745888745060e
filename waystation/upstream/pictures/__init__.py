"""Pictures out of vendors, whatever their API: one port, one module a vendor."""
