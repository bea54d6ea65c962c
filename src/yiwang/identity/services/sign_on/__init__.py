"""Signing people in to other systems of the city: OpenID Connect Core 1.0, Back-Channel Logout 1.0, RP-Initiated Logout 1.0.

`clients`: which systems; `keys`: with what tokens are signed; `asking`: a client asks who it is; `handing`: codes and tokens;
`leaving`: it asks to sign somebody out; `ending`: what a session leaves behind when it is over; `telling`: clients hear of that.
The protocol itself is Authlib's (`protocol`).
"""
