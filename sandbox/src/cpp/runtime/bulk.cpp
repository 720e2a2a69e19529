// Moving memory in bulk, by the program's own instructions: so it is metered like everything else, and an address that
// must not be touched is found. The engine's instructions for it are replaced by calls of these.
#include <cstddef>
#include <cstdint>
#include <wasm_simd128.h>

namespace {
using Byte = unsigned char;

inline void copy16(Byte *to, const Byte *from) {
    wasm_v128_store(to, wasm_v128_load(from));
}

template <class Word>
inline void copy_word(Byte *to, const Byte *from) {
    Word word;
    __builtin_memcpy(&word, from, sizeof word);
    __builtin_memcpy(to, &word, sizeof word);
}

// At most 16 bytes; all are read before any is written.
inline void copy_few(Byte *to, const Byte *from, std::size_t n) {
    if (n >= 8) {
        std::uint64_t first, last;
        __builtin_memcpy(&first, from, 8);
        __builtin_memcpy(&last, from + n - 8, 8);
        __builtin_memcpy(to, &first, 8);
        __builtin_memcpy(to + n - 8, &last, 8);
    } else if (n >= 4) {
        std::uint32_t first, last;
        __builtin_memcpy(&first, from, 4);
        __builtin_memcpy(&last, from + n - 4, 4);
        __builtin_memcpy(to, &first, 4);
        __builtin_memcpy(to + n - 4, &last, 4);
    } else if (n > 0) {
        Byte first = from[0], middle = from[n >> 1], last = from[n - 1];
        to[0] = first;
        to[n >> 1] = middle;
        to[n - 1] = last;
    }
}
} // namespace

extern "C" {

__attribute__((export_name("__proctor_copy"), used)) void __proctor_copy(Byte *to, const Byte *from, std::size_t n) {
    if (n <= 16) {
        copy_few(to, from, n);
        return;
    }
    v128_t first = wasm_v128_load(from), last = wasm_v128_load(from + n - 16);
    Byte *end = to + n;
    if (static_cast<std::size_t>(to - from) >= n) {
        Byte *at = to + 16;
        from += 16;
        for (; end - at >= 64; at += 64, from += 64) {
            v128_t a = wasm_v128_load(from), b = wasm_v128_load(from + 16);
            v128_t c = wasm_v128_load(from + 32), d = wasm_v128_load(from + 48);
            wasm_v128_store(at, a);
            wasm_v128_store(at + 16, b);
            wasm_v128_store(at + 32, c);
            wasm_v128_store(at + 48, d);
        }
        for (; end - at > 16; at += 16, from += 16) {
            copy16(at, from);
        }
    } else {
        Byte *at = end - 16;
        from += n - 16;
        for (; at - to >= 64;) {
            at -= 64;
            from -= 64;
            v128_t a = wasm_v128_load(from), b = wasm_v128_load(from + 16);
            v128_t c = wasm_v128_load(from + 32), d = wasm_v128_load(from + 48);
            wasm_v128_store(at + 48, d);
            wasm_v128_store(at + 32, c);
            wasm_v128_store(at + 16, b);
            wasm_v128_store(at, a);
        }
        for (; at - to > 16;) {
            at -= 16;
            from -= 16;
            copy16(at, from);
        }
    }
    wasm_v128_store(to, first);
    wasm_v128_store(end - 16, last);
}

__attribute__((export_name("__proctor_fill"), used)) void __proctor_fill(Byte *to, int byte, std::size_t n) {
    Byte value = static_cast<Byte>(byte);
    if (n < 16) {
        for (std::size_t i = 0; i < n; i++) {
            static_cast<volatile Byte *>(to)[i] = value;
        }
        return;
    }
    v128_t lanes = wasm_u8x16_splat(value);
    Byte *end = to + n;
    Byte *at = to;
    for (; end - at >= 64; at += 64) {
        wasm_v128_store(at, lanes);
        wasm_v128_store(at + 16, lanes);
        wasm_v128_store(at + 32, lanes);
        wasm_v128_store(at + 48, lanes);
    }
    for (; end - at > 16; at += 16) {
        wasm_v128_store(at, lanes);
    }
    wasm_v128_store(end - 16, lanes);
}

void *memcpy(void *to, const void *from, std::size_t n) {
    __proctor_copy(static_cast<Byte *>(to), static_cast<const Byte *>(from), n);
    return to;
}

void *memmove(void *to, const void *from, std::size_t n) {
    __proctor_copy(static_cast<Byte *>(to), static_cast<const Byte *>(from), n);
    return to;
}

void *memset(void *to, int byte, std::size_t n) {
    __proctor_fill(static_cast<Byte *>(to), byte, n);
    return to;
}

int memcmp(const void *a, const void *b, std::size_t n) {
    const Byte *left = static_cast<const Byte *>(a), *right = static_cast<const Byte *>(b);
    for (; n >= 16; n -= 16, left += 16, right += 16) {
        unsigned same = wasm_i8x16_bitmask(wasm_i8x16_eq(wasm_v128_load(left), wasm_v128_load(right)));
        if (same != 0xffff) {
            unsigned at = static_cast<unsigned>(__builtin_ctz(~same));
            return left[at] - right[at];
        }
    }
    if (n >= 8) {
        std::uint64_t x, y;
        __builtin_memcpy(&x, left, 8);
        __builtin_memcpy(&y, right, 8);
        if (x != y) {
            return __builtin_bswap64(x) < __builtin_bswap64(y) ? -1 : 1;
        }
        n -= 8, left += 8, right += 8;
    }
    for (; n > 0; n--, left++, right++) {
        if (*left != *right) {
            return *left - *right;
        }
    }
    return 0;
}

void *memchr(const void *in, int byte, std::size_t n) {
    const Byte *at = static_cast<const Byte *>(in);
    v128_t lanes = wasm_u8x16_splat(static_cast<Byte>(byte));
    for (; n >= 16; n -= 16, at += 16) {
        if (unsigned found = wasm_i8x16_bitmask(wasm_i8x16_eq(wasm_v128_load(at), lanes))) {
            return const_cast<Byte *>(at) + __builtin_ctz(found);
        }
    }
    for (; n > 0; n--, at++) {
        if (*at == static_cast<Byte>(byte)) {
            return const_cast<Byte *>(at);
        }
    }
    return nullptr;
}

// From a multiple of 16 a vector never reaches into memory that is not there.
std::size_t strlen(const char *text) {
    const char *at = text;
    for (; reinterpret_cast<std::uintptr_t>(at) % 16; at++) {
        if (!*at) {
            return static_cast<std::size_t>(at - text);
        }
    }
    v128_t none = wasm_i8x16_splat(0);
    for (;; at += 16) {
        if (unsigned found = wasm_i8x16_bitmask(wasm_i8x16_eq(wasm_v128_load(at), none))) {
            return static_cast<std::size_t>(at - text) + static_cast<unsigned>(__builtin_ctz(found));
        }
    }
}
}
