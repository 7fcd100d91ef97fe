"""What photos say about each other: copies, blur, order, cameras."""
