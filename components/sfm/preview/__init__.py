"""Which photos structure from motion would register, from matches of small images, without mapping."""
