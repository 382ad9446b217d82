"""The search: what is found by which words, an index of it in segments, and the language that people ask in; pure."""
