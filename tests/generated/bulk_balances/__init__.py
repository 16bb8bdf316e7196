"""Generated workspaces of small contracts with commits and credits, billed over two months in a row."""
