"""The training run of a network: sampling, losses, epochs, and the fits that follow them."""
