"""The archive in Milvus, for a province whose stories outgrow one machine's memory."""
