"""POST /v1/rerank: the shape that Cohere began and Jina, SiliconFlow, Together and others speak."""
