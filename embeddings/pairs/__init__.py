"""How two stories relate, judged on their texts."""
