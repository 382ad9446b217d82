"""Reports: what they count, over which period and groups, from packed facts to numbers."""
