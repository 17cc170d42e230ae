"""Talk about tasks: taskers say something to the reviewer or ask a manager, the office answers, both sides read."""
