"""The tables of the inbox views: their DDL, reading rows in bulk and writing changes in bulk."""
