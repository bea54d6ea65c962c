"""Other systems to which officers' accounts are supplied 接收系统: which they are, and telling them."""
