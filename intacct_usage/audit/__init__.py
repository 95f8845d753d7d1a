"""Who did what, when, from where: rows that are added and never changed."""
