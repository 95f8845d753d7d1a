"""Query filters: which one a company belongs to, and what keeps that true."""
