"""A face's pixels follow its moved mesh: the field with its skirt, eyes and mouth painted anew."""
