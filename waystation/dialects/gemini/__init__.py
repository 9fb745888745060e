"""Google's generateContent and its siblings: the model stands in the address."""
