"""How good a model is: measures, their intervals, and the runs that compute them."""
