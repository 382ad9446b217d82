"""The agents' API: one small file per resource."""
