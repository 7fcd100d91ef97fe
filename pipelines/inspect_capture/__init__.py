"""What `kubesplat inspect` finds out: photos, expected registration, forecast."""
