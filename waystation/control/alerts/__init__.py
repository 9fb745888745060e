"""What is wrong, told to whom it may concern: once, quietly, and again when it is over."""
