"""Other systems that keep officers here 来源系统: which do, and what they change."""
