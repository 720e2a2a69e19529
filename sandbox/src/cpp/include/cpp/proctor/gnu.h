// Names that programs written for GCC and its library take for granted and that this library lacks.
#ifndef PROCTOR_GNU_H
#define PROCTOR_GNU_H

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <istream>
#include <string>
#include <proctor/format.h>
#include <type_traits>

// What GCC's library lets be reckoned at compile time, where the standard does.
#if __cplusplus >= 201402L
#define PROCTOR_CONSTEXPR constexpr
#else
#define PROCTOR_CONSTEXPR inline
#endif

#define __int64 long long
#define _getchar_nolock getchar_unlocked
#define _putchar_nolock putchar_unlocked
#define _fread_nolock fread_unlocked
#define _fwrite_nolock fwrite_unlocked

std::istream &__proctor_getline(std::istream &in, std::string &line, char end);

extern "C" {
// There is no shell: the answer is that of a command that was not found.
int system(const char *command);
char *gets(char *line);
}

namespace std {
using ::system;
inline istream &getline(istream &in, string &line, char end) {
    return ::__proctor_getline(in, line, end);
}
inline istream &getline(istream &in, string &line) {
    return ::__proctor_getline(in, line, '\n');
}

template <class T>
PROCTOR_CONSTEXPR T __gcd(T m, T n) {
    while (n != 0) {
        T t = m % n;
        m = n;
        n = t;
    }
    return m;
}

// The position of the highest bit that is set.
PROCTOR_CONSTEXPR int __lg(int n) {
    return 31 - __builtin_clz(static_cast<unsigned>(n));
}
PROCTOR_CONSTEXPR unsigned __lg(unsigned n) {
    return 31 - static_cast<unsigned>(__builtin_clz(n));
}
PROCTOR_CONSTEXPR long __lg(long n) {
    return static_cast<long>(sizeof(long) * 8 - 1) - __builtin_clzl(static_cast<unsigned long>(n));
}
PROCTOR_CONSTEXPR unsigned long __lg(unsigned long n) {
    return sizeof(long) * 8 - 1 - static_cast<unsigned long>(__builtin_clzl(n));
}
PROCTOR_CONSTEXPR long long __lg(long long n) {
    return 63 - __builtin_clzll(static_cast<unsigned long long>(n));
}
PROCTOR_CONSTEXPR unsigned long long __lg(unsigned long long n) {
    return 63 - static_cast<unsigned long long>(__builtin_clzll(n));
}

template <class T>
PROCTOR_CONSTEXPR int __popcount(T n) {
    return __builtin_popcountll(static_cast<unsigned long long>(static_cast<typename make_unsigned<T>::type>(n)));
}

// On 64-bit Linux the sizes of containers and 64-bit integers are of one type; here they are of two.
namespace __proctor {
template <class A, class B>
struct Wider {};
template <>
struct Wider<unsigned long, unsigned long long> {
    using type = unsigned long long;
};
template <>
struct Wider<unsigned long long, unsigned long> {
    using type = unsigned long long;
};
template <>
struct Wider<long, long long> {
    using type = long long;
};
template <>
struct Wider<long long, long> {
    using type = long long;
};
} // namespace __proctor

template <class A, class B>
PROCTOR_CONSTEXPR typename __proctor::Wider<A, B>::type max(const A &a, const B &b) {
    return a < b ? b : a;
}
template <class A, class B>
PROCTOR_CONSTEXPR typename __proctor::Wider<A, B>::type min(const A &a, const B &b) {
    return b < a ? b : a;
}
} // namespace std

#endif
