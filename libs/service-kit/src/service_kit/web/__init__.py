"""What services that answer HTTP share: problems, headers, a pool, cursors, log-ins."""
