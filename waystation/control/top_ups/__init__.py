"""Money from outside: orders, and the providers that say they are paid."""
