"""What the installation writes to its agents, a file for each language; `en` has every text."""
