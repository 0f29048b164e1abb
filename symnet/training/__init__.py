"""Training a network on examples, and checking its gradients against other means."""
