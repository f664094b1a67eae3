"""The Data page: which reviews there are, what they are like, and one's own."""
