"""Relations between documents: what differs, terms, graphs, candidates, works, and the whole stage."""
