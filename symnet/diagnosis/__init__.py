"""What people get wrong: reading their answers, the slips that may have led to them, and what speaks for each."""
