"""`/scim/v2`: the face for systems that keep officers here (SCIM 2.0; RFC 7643, 7644). ADR 0008."""
