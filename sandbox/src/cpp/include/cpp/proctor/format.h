// <cstdio>'s formats with the types of 64-bit Linux: %ld, %zu and %td speak of 64 bits whatever `long` has here, and an
// argument of another size than its conversion says is taken as a processor's register would hold it.
#ifndef PROCTOR_FORMAT_H
#define PROCTOR_FORMAT_H

#include <cstdio>
#include <type_traits>

namespace proctor_format {

struct Argument {
    enum Kind : unsigned char { Whole, Real, LongReal, Pointer, LongPointer } kind;
    union {
        unsigned long long whole;
        double real;
        const long double *long_real;
        void *pointer;
    };
};

// A 32-bit register is filled with zeros; `long` stands for one of 64 bits.
template <class T>
inline unsigned long long whole(T value) {
    if (sizeof(T) <= 4 && !std::is_same<T, long>::value) {
        return static_cast<unsigned>(value);
    }
    return static_cast<unsigned long long>(value);
}

inline Argument pack(float value) {
    Argument argument;
    argument.kind = Argument::Real;
    argument.real = value;
    return argument;
}
inline Argument pack(double value) {
    Argument argument;
    argument.kind = Argument::Real;
    argument.real = value;
    return argument;
}
inline Argument pack(const long double &value) {
    Argument argument;
    argument.kind = Argument::LongReal;
    argument.long_real = &value;
    return argument;
}
inline Argument pack(std::nullptr_t) {
    Argument argument;
    argument.kind = Argument::Pointer;
    argument.pointer = nullptr;
    return argument;
}
template <class T>
inline Argument pack(T *value) {
    Argument argument;
    using Plain = typename std::remove_cv<T>::type;
    constexpr bool wide = std::is_same<Plain, long>::value || std::is_same<Plain, unsigned long>::value;
    argument.kind = wide ? Argument::LongPointer : Argument::Pointer;
    argument.pointer = (void *)value;
    return argument;
}
template <class T>
inline typename std::enable_if<std::is_integral<T>::value || std::is_enum<T>::value, Argument>::type pack(T value) {
    Argument argument;
    argument.kind = Argument::Whole;
    argument.whole = whole(value);
    return argument;
}

extern "C" {
int __proctor_print(std::FILE *file, const char *format, const Argument *arguments, int count);
int __proctor_print_into(char *text, std::size_t room, const char *format, const Argument *arguments, int count);
int __proctor_scan(std::FILE *file, const char *format, const Argument *arguments, int count);
int __proctor_scan_from(const char *text, const char *format, const Argument *arguments, int count);
}

} // namespace proctor_format

#define PROCTOR_SCALARS(First, Rest)                                                                                        \
    static_assert(std::is_scalar<First>::value, "only numbers and pointers can be formatted");                             \
    const proctor_format::Argument arguments[] = {proctor_format::pack(first), proctor_format::pack(rest)...};             \
    constexpr int count = 1 + sizeof...(Rest)

template <class First, class... Rest>
inline int printf(const char *format, First first, Rest... rest) {
    PROCTOR_SCALARS(First, Rest);
    return proctor_format::__proctor_print(stdout, format, arguments, count);
}
template <class First, class... Rest>
inline int fprintf(std::FILE *file, const char *format, First first, Rest... rest) {
    PROCTOR_SCALARS(First, Rest);
    return proctor_format::__proctor_print(file, format, arguments, count);
}
template <class First, class... Rest>
inline int sprintf(char *text, const char *format, First first, Rest... rest) {
    PROCTOR_SCALARS(First, Rest);
    return proctor_format::__proctor_print_into(text, ~std::size_t(0) / 2, format, arguments, count);
}
template <class First, class... Rest>
inline int snprintf(char *text, std::size_t room, const char *format, First first, Rest... rest) {
    PROCTOR_SCALARS(First, Rest);
    return proctor_format::__proctor_print_into(text, room, format, arguments, count);
}
template <class First, class... Rest>
inline int scanf(const char *format, First first, Rest... rest) {
    PROCTOR_SCALARS(First, Rest);
    return proctor_format::__proctor_scan(stdin, format, arguments, count);
}
template <class First, class... Rest>
inline int fscanf(std::FILE *file, const char *format, First first, Rest... rest) {
    PROCTOR_SCALARS(First, Rest);
    return proctor_format::__proctor_scan(file, format, arguments, count);
}
template <class First, class... Rest>
inline int sscanf(const char *text, const char *format, First first, Rest... rest) {
    PROCTOR_SCALARS(First, Rest);
    return proctor_format::__proctor_scan_from(text, format, arguments, count);
}

#undef PROCTOR_SCALARS

namespace std {
using ::fprintf;
using ::fscanf;
using ::printf;
using ::scanf;
using ::snprintf;
using ::sprintf;
using ::sscanf;
} // namespace std

#endif
