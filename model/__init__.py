"""What the newsroom knows and decides: plain frozen types, rules and ports."""
