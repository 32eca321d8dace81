"""What people read: sentences by kind, role and change, and the forms in which each sort of channel takes them."""
