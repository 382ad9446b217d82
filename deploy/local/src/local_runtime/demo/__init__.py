"""The demo workspace of a furniture shop, as events from a seed."""
