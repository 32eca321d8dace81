"""The cluster's topics against the registry: create, grow, compare, and who may touch them."""
