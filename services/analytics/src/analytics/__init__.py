"""Reports over the event log: who answers, how fast, how much; facts without personal data."""
