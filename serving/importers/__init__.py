"""Files of stories into the API: formats that newsrooms use, one module each, and the sending."""
