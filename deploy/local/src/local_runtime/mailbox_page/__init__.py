"""The customer's mailbox of the demo: a page on which a person plays the customers."""
