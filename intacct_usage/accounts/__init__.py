"""Who comes in and how: passwords, the second factor, Microsoft Entra ID, the limit of attempts, sessions."""
