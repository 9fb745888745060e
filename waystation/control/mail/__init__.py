"""Letters: worded, kept until a server took them, sent."""
