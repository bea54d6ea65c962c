"""SM2 signatures (GB/T 32918.2-2016, with SM3, GB/T 32905-2016) of others, checked by the OpenSSL 3 of the system.

The wheels of `cryptography` know SM3 and SM4 and no SM2, so the system's `libcrypto` is called. A machine without one checks none and says
so (`is_available`). We sign nothing by SM2 here: the keys whose signatures are checked are people's and authorities' own.
"""

from __future__ import annotations

import ctypes
import ctypes.util
from functools import lru_cache
from typing import Any

__all__ = ["DEFAULT_ID", "is_available", "verify"]

DEFAULT_ID = b"1234567812345678"
"""By what a signer is called in his own signature where nothing else was agreed. Source: GM/T 0009-2012, 10."""
LIBRARIES = ("libcrypto.so.3", "libcrypto.3.dylib", "libcrypto-3-x64.dll")
_POINTER, _SIZE, _INT, _BYTES = ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int, ctypes.c_char_p
_FUNCTIONS: dict[str, tuple[Any, list[Any]]] = {
    "d2i_PUBKEY": (_POINTER, [_POINTER, ctypes.POINTER(_BYTES), ctypes.c_long]),
    "EVP_PKEY_is_a": (_INT, [_POINTER, _BYTES]),
    "EVP_PKEY_free": (None, [_POINTER]),
    "EVP_PKEY_CTX_new": (_POINTER, [_POINTER, _POINTER]),
    "EVP_PKEY_CTX_set1_id": (_INT, [_POINTER, _BYTES, _INT]),
    "EVP_PKEY_CTX_free": (None, [_POINTER]),
    "EVP_MD_CTX_new": (_POINTER, []),
    "EVP_MD_CTX_set_pkey_ctx": (None, [_POINTER, _POINTER]),
    "EVP_MD_CTX_free": (None, [_POINTER]),
    "EVP_sm3": (_POINTER, []),
    "EVP_DigestVerifyInit": (_INT, [_POINTER, _POINTER, _POINTER, _POINTER, _POINTER]),
    "EVP_DigestVerify": (_INT, [_POINTER, _BYTES, _SIZE, _BYTES, _SIZE]),
    "ERR_clear_error": (None, []),
}


def is_available() -> bool:
    """Whether signatures by SM2 can be checked on this machine."""
    return _library() is not None


def verify(key: bytes, data: bytes, signature: bytes) -> bool:
    """Whether `signature` (DER) was made over `data` by the holder of this key, under the default id of signers.

    key: SubjectPublicKeyInfo in DER; one of another kind has signed nothing.  Raises RuntimeError where SM2 is not available.
    """
    library = _library()
    if library is None:
        raise RuntimeError("SM2 is not available here: ask is_available() first.")
    start = _BYTES(key)
    loaded = library.d2i_PUBKEY(None, ctypes.byref(start), len(key))
    context = made = None
    try:
        if not loaded or library.EVP_PKEY_is_a(loaded, b"SM2") != 1:
            return False
        context, made = library.EVP_PKEY_CTX_new(loaded, None), library.EVP_MD_CTX_new()
        if not context or not made or library.EVP_PKEY_CTX_set1_id(context, DEFAULT_ID, len(DEFAULT_ID)) != 1:
            raise RuntimeError("OpenSSL made no context for SM2.")
        library.EVP_MD_CTX_set_pkey_ctx(made, context)
        if library.EVP_DigestVerifyInit(made, None, library.EVP_sm3(), None, loaded) != 1:
            return False
        return bool(library.EVP_DigestVerify(made, signature, len(signature), data, len(data)) == 1)
    finally:
        library.EVP_MD_CTX_free(made)
        library.EVP_PKEY_CTX_free(context)
        library.EVP_PKEY_free(loaded)
        library.ERR_clear_error()


@lru_cache(maxsize=1)
def _library() -> Any:
    """OpenSSL 3 or later, built with SM2 and SM3; None where there is none. One without SM2 reads no key of it, and checks nothing."""
    for name in (*LIBRARIES, ctypes.util.find_library("crypto")):
        try:
            found = ctypes.CDLL(name) if name else None
            for function, (result, parameters) in _FUNCTIONS.items():
                called = getattr(found, function)
                called.restype, called.argtypes = result, parameters
        except (OSError, AttributeError):
            continue
        if found is not None and _knows_sm2(found):
            return found
    return None


def _knows_sm2(library: Any) -> bool:
    """By a key of which nothing secret exists: the base point of the curve (GB/T 32918.5-2017, 2)."""
    start = _BYTES(BASE_POINT)
    loaded = library.d2i_PUBKEY(None, ctypes.byref(start), len(BASE_POINT))
    known = bool(loaded) and library.EVP_PKEY_is_a(loaded, b"SM2") == 1
    library.EVP_PKEY_free(loaded)
    library.ERR_clear_error()
    return known


BASE_POINT = bytes.fromhex(
    "3059301306072a8648ce3d020106082a811ccf5501822d034200"
    "0432c4ae2c1f1981195f9904466a39c9948fe30bbff2660be1715a4589334c74c7"
    "bc3736a2f4f6779c59bdcee36b692153d0a9877cc62a474002df32e52139f0a0"
)
