"""How long the credits of an account last: rate of spending, planned runs, forecast, credits needed."""
