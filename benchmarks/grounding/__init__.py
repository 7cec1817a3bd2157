"""How often the check of answers errs, over answers that were written for it."""
