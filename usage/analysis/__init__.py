"""What pages and mails show of the records: by month, filter, company and partner, and what failed."""
