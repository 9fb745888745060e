"""Sound from upstreams and to them."""
