"""The training run of a network: sampling, losses, epochs, and what is fitted afterwards."""
