"""Files as answers, those that models left and those made of outputs."""
