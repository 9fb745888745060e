"""The price catalogue that ships with the product; what the operator writes beats it."""
