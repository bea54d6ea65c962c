"""Everything that changes what is kept: files, named by the digest of their content, on the disk for good before any row names them.

What is not here yet: versions, seals, the archive, and object stores other than a folder.
"""

from yiwang.documents.services.storing import store

__all__ = ["store"]
