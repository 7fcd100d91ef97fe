"""The trainable parameters and their statistics; the process group that holds a shard of them on each GPU."""
