"""A batch of SMS: submit it, find it again at OVH, cancel it, collect what became of it."""
