"""The desk: state, rules and screens made from events."""
