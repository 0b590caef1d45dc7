"""The pure core: no clock, thread, socket, SQL or Dash."""
