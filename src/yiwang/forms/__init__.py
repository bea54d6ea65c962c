"""Forms as browsers fill them: what the pages of two faces share, between a browser's fields and the answers that engines take."""
