"""What one visitor owns."""
