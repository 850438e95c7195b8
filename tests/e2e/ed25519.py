"""Ed25519 (RFC 8032, section 5.1) in plain Python: slow, not for secrets, and independent of the library that the hub signs with.

verify(public_key, message, signature) -> bool; public_key_of(seed); sign(seed, message)."""

import hashlib

P = 2**255 - 19
ORDER = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, -1, P) % P
ROOT_OF_MINUS_ONE = pow(2, (P - 1) // 4, P)


def recover_x(y, sign):
    """x of the point with that y on -x² + y² = 1 + d x² y²; None where there is none (5.1.3)."""
    if y >= P:
        return None
    square = (y * y - 1) * pow(D * y * y + 1, -1, P) % P
    if square == 0:
        return None if sign else 0
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P:
        x = x * ROOT_OF_MINUS_ONE % P
    if (x * x - square) % P:
        return None
    return P - x if x & 1 != sign else x


def add(a, b):
    """Extended homogeneous coordinates (X, Y, Z, T): x = X/Z, y = Y/Z, x y = T/Z (5.1.4)."""
    m, n = (a[1] - a[0]) * (b[1] - b[0]) % P, (a[1] + a[0]) * (b[1] + b[0]) % P
    c, d = 2 * a[3] * b[3] * D % P, 2 * a[2] * b[2] % P
    e, f, g, h = n - m, d - c, d + c, n + m
    return e * f % P, g * h % P, f * g % P, e * h % P


def multiply(number, point):
    result = (0, 1, 1, 0)
    while number:
        if number & 1:
            result = add(result, point)
        point = add(point, point)
        number >>= 1
    return result


def point_of(x, y):
    return x, y, 1, x * y % P


BASE_Y = 4 * pow(5, -1, P) % P
BASE = point_of(recover_x(BASE_Y, 0), BASE_Y)


def encode(point):
    inverse = pow(point[2], -1, P)
    x, y = point[0] * inverse % P, point[1] * inverse % P
    return (y | (x & 1) << 255).to_bytes(32, "little")


def decode(data):
    number = int.from_bytes(data, "little")
    y = number & (2**255 - 1)
    x = recover_x(y, number >> 255)
    return None if x is None else point_of(x, y)


def hash_to_number(*parts):
    return int.from_bytes(hashlib.sha512(b"".join(parts)).digest(), "little") % ORDER


def verify(public_key, message, signature):
    """Whether the 64 bytes are the key's signature of the message (5.1.7): S B = R + k A."""
    if len(public_key) != 32 or len(signature) != 64:
        return False
    a, r, s = decode(public_key), decode(signature[:32]), int.from_bytes(signature[32:], "little")
    if a is None or r is None or s >= ORDER:
        return False
    k = hash_to_number(signature[:32], public_key, message)
    return encode(multiply(s, BASE)) == encode(add(r, multiply(k, a)))


def expand(seed):
    """Secret scalar and prefix of a 32-byte seed (5.1.5)."""
    digest = hashlib.sha512(seed).digest()
    scalar = int.from_bytes(digest[:32], "little") & (2**254 - 8) | 2**254
    return scalar, digest[32:]


def public_key_of(seed):
    return encode(multiply(expand(seed)[0], BASE))


def sign(seed, message):
    """Deterministic (5.1.6)."""
    scalar, prefix = expand(seed)
    public_key = public_key_of(seed)
    r = hash_to_number(prefix, message)
    point = encode(multiply(r, BASE))
    k = hash_to_number(point, public_key, message)
    return point + ((r + k * scalar) % ORDER).to_bytes(32, "little")
