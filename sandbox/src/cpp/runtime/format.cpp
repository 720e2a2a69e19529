// What <proctor/format.h> calls.
#include <cstdarg>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <new>
#include <proctor/format.h>

using proctor_format::Argument;

namespace {

// Where formatted text goes.
class Sink {
public:
    Sink(std::FILE *file, char *text, std::size_t room) : file(file), text(text), room(room) {}

    void put(const char *from, std::size_t n) {
        total += n;
        if (!file) {
            if (room > 1) {
                std::size_t fits = n < room - 1 ? n : room - 1;
                std::memcpy(text, from, fits);
                text += fits;
                room -= fits;
            }
            return;
        }
        if (n > sizeof space - used) {
            flush();
            if (n >= sizeof space) {
                failed |= std::fwrite(from, 1, n, file) != n;
                return;
            }
        }
        std::memcpy(space + used, from, n);
        used += n;
    }

    int end() {
        if (file) {
            flush();
        } else if (room > 0) {
            *text = 0;
        }
        return failed ? -1 : static_cast<int>(total);
    }

    std::size_t total = 0;

private:
    void flush() {
        failed |= used && std::fwrite(space, 1, used, file) != used;
        used = 0;
    }

    std::FILE *file;
    char *text;
    std::size_t room;
    std::size_t used = 0;
    bool failed = false;
    char space[512];
};

enum class Length { None, Char, Short, Long, LongDouble };

// The length that stands at the cursor; %I64d is Microsoft's.
Length length_at(const char *&at) {
    switch (*at) {
    case 'h':
        at++;
        if (*at == 'h') {
            at++;
            return Length::Char;
        }
        return Length::Short;
    case 'l':
        at++;
        at += *at == 'l';
        return Length::Long;
    case 'q':
    case 'j':
    case 'z':
    case 't':
        at++;
        return Length::Long;
    case 'L':
        at++;
        return Length::LongDouble;
    case 'I':
        if (at[1] == '6' && at[2] == '4') {
            at += 3;
            return Length::Long;
        }
        if (at[1] == '3' && at[2] == '2') {
            at += 3;
        }
        return Length::None;
    default:
        return Length::None;
    }
}

class Arguments {
public:
    Arguments(const Argument *arguments, int count) : at(arguments), end(arguments + count) {}

    const Argument &next() {
        static const Argument none = [] {
            Argument argument;
            argument.kind = Argument::Whole;
            argument.whole = 0;
            return argument;
        }();
        return at < end ? *at++ : none;
    }

private:
    const Argument *at;
    const Argument *end;
};

unsigned long long bits(const Argument &argument) {
    switch (argument.kind) {
    case Argument::Whole:
        return argument.whole;
    case Argument::Real: {
        unsigned long long value;
        std::memcpy(&value, &argument.real, sizeof value);
        return value;
    }
    case Argument::LongReal:
        return 0;
    default:
        return reinterpret_cast<std::uintptr_t>(argument.pointer);
    }
}

void *pointer(const Argument &argument) {
    return argument.kind == Argument::Pointer || argument.kind == Argument::LongPointer
               ? argument.pointer
               : reinterpret_cast<void *>(static_cast<std::uintptr_t>(bits(argument)));
}

long double real(const Argument &argument) {
    return argument.kind == Argument::Real ? argument.real : argument.kind == Argument::LongReal ? *argument.long_real : 0;
}

// The C library's own.
int format_one(char *text, std::size_t room, const char *spec, ...) {
    std::va_list list;
    va_start(list, spec);
    int n = std::vsnprintf(text, room, spec, list);
    va_end(list);
    return n;
}

// One piece as the C library formats it; pieces may be long.
template <class Value>
void piece(Sink &sink, const char *spec, Value value) {
    char space[512];
    int n = format_one(space, sizeof space, spec, value);
    if (n < 0) {
        return;
    }
    if (n < static_cast<int>(sizeof space)) {
        sink.put(space, static_cast<std::size_t>(n));
        return;
    }
    auto *large = static_cast<char *>(std::malloc(static_cast<std::size_t>(n) + 1));
    if (large) {
        format_one(large, static_cast<std::size_t>(n) + 1, spec, value);
        sink.put(large, static_cast<std::size_t>(n));
        std::free(large);
    }
}

void plain_number(Sink &sink, unsigned long long size, bool negative) {
    char space[24];
    char *end = space + sizeof space, *at = end;
    if (size <= 0xffffffffu) {
        unsigned small = static_cast<unsigned>(size);
        do {
            *--at = static_cast<char>('0' + small % 10);
            small /= 10;
        } while (small);
    } else {
        do {
            *--at = static_cast<char>('0' + size % 10);
            size /= 10;
        } while (size);
    }
    if (negative) {
        *--at = '-';
    }
    sink.put(at, static_cast<std::size_t>(end - at));
}

int print(Sink &sink, const char *format, Arguments arguments) {
    for (const char *at = format; *at;) {
        const char *percent = at;
        while (*percent && *percent != '%') {
            percent++;
        }
        if (percent != at) {
            sink.put(at, static_cast<std::size_t>(percent - at));
        }
        if (!*percent) {
            break;
        }
        at = percent + 1;
        if (*at == '%') {
            sink.put("%", 1);
            at++;
            continue;
        }
        // The specification anew, with numbers in the place of stars.
        char spec[80];
        std::size_t n = 0;
        spec[n++] = '%';
        while (*at && std::strchr("-+ #0'", *at) && n < 8) {
            spec[n++] = *at++;
        }
        std::size_t flags = n;
        for (int part = 0; part < 2; part++) {
            if (part == 1) {
                if (*at != '.') {
                    break;
                }
                spec[n++] = *at++;
            }
            if (*at == '*') {
                at++;
                n += static_cast<std::size_t>(
                    format_one(spec + n, 16, "%d", static_cast<int>(bits(arguments.next()))));
            }
            while (*at >= '0' && *at <= '9' && n < 40) {
                spec[n++] = *at++;
            }
        }
        bool bare = n == 1 && flags == 1;
        Length length = length_at(at);
        char conversion = *at ? *at++ : 0;
        auto finish = [&](const char *rest) { std::strcpy(spec + n, rest); };
        switch (conversion) {
        case 'd':
        case 'i': {
            unsigned long long all = bits(arguments.next());
            long long value = length == Length::Long || length == Length::LongDouble ? static_cast<long long>(all)
                              : length == Length::Short ? static_cast<short>(all)
                              : length == Length::Char  ? static_cast<signed char>(all)
                                                        : static_cast<int>(all);
            if (bare) {
                plain_number(sink, value < 0 ? 0 - static_cast<unsigned long long>(value) : static_cast<unsigned long long>(value),
                             value < 0);
            } else {
                finish("lld");
                piece(sink, spec, value);
            }
            break;
        }
        case 'u':
        case 'x':
        case 'X':
        case 'o': {
            unsigned long long all = bits(arguments.next());
            unsigned long long value = length == Length::Long || length == Length::LongDouble ? all
                                       : length == Length::Short ? static_cast<unsigned short>(all)
                                       : length == Length::Char  ? static_cast<unsigned char>(all)
                                                                 : static_cast<unsigned>(all);
            if (bare && conversion == 'u') {
                plain_number(sink, value, false);
            } else {
                const char rest[] = {'l', 'l', conversion, 0};
                finish(rest);
                piece(sink, spec, value);
            }
            break;
        }
        case 'c':
            finish("c");
            piece(sink, spec, static_cast<int>(bits(arguments.next())));
            break;
        case 's': {
            auto *text = static_cast<const char *>(pointer(arguments.next()));
            if (bare && text && length == Length::None) {
                sink.put(text, std::strlen(text));
            } else if (length == Length::Long) {
                finish("ls");
                piece(sink, spec, static_cast<const wchar_t *>(static_cast<const void *>(text)));
            } else {
                finish("s");
                piece(sink, spec, text ? text : "(null)");
            }
            break;
        }
        case 'p': {
            void *value = pointer(arguments.next());
            finish(value ? "p" : "s");
            value ? piece(sink, spec, value) : piece(sink, spec, static_cast<const char *>("(nil)"));
            break;
        }
        case 'n': {
            const Argument &argument = arguments.next();
            if (argument.kind == Argument::LongPointer || length != Length::Long) {
                *static_cast<int *>(pointer(argument)) = static_cast<int>(sink.total);
            } else {
                *static_cast<long long *>(pointer(argument)) = static_cast<long long>(sink.total);
            }
            break;
        }
        case 'e':
        case 'E':
        case 'f':
        case 'F':
        case 'g':
        case 'G':
        case 'a':
        case 'A': {
            const Argument &argument = arguments.next();
            if (argument.kind == Argument::LongReal) {
                const char rest[] = {'L', conversion, 0};
                finish(rest);
                piece(sink, spec, real(argument));
            } else {
                const char rest[] = {conversion, 0};
                finish(rest);
                piece(sink, spec, static_cast<double>(real(argument)));
            }
            break;
        }
        default:
            sink.put(percent, static_cast<std::size_t>(at - percent));
        }
    }
    return sink.end();
}

// The format with the sizes that the pointers have here; `space` is large enough for twice as much.
void fit(const char *format, char *space, const Argument *arguments, int count) {
    int index = 0;
    const char *at = format;
    while (*at) {
        if (*at != '%') {
            *space++ = *at++;
            continue;
        }
        *space++ = *at++;
        if (*at == '%') {
            *space++ = *at++;
            continue;
        }
        bool kept = *at != '*';
        if (!kept) {
            *space++ = *at++;
        }
        while (*at >= '0' && *at <= '9') {
            *space++ = *at++;
        }
        if (*at == 'm') {
            *space++ = *at++;
        }
        const char *length_begins = at;
        Length length = length_at(at);
        char conversion = *at;
        bool narrow = kept && index < count && arguments[index].kind == Argument::LongPointer;
        if (std::strchr("diouxXn", conversion) && conversion && (length == Length::Long || length == Length::LongDouble)) {
            *space++ = 'l';
            if (!narrow) {
                *space++ = 'l';
            }
        } else {
            while (length_begins < at) {
                *space++ = *length_begins++;
            }
        }
        if (conversion) {
            *space++ = *at++;
        }
        if (conversion == '[') {
            if (*at == '^') {
                *space++ = *at++;
            }
            if (*at == ']') {
                *space++ = *at++;
            }
            while (*at && *at != ']') {
                *space++ = *at++;
            }
        }
        index += kept && conversion;
    }
    *space = 0;
}

template <class Scan>
int scan(const char *format, const Argument *arguments, int count, Scan go) {
    void *pointers[64];
    int kept = count < 64 ? count : 64;
    for (int i = 0; i < kept; i++) {
        pointers[i] = pointer(arguments[i]);
    }
    char small[256];
    std::size_t size = std::strlen(format) * 2 + 1;
    char *fitted = size <= sizeof small ? small : static_cast<char *>(std::malloc(size));
    if (!fitted) {
        return EOF;
    }
    fit(format, fitted, arguments, kept);
    // Variable arguments are four bytes each in memory here, when all are pointers.
    static_assert(sizeof(std::va_list) == sizeof(void *), "");
    void *all = pointers;
    std::va_list list;
    std::memcpy(&list, &all, sizeof list);
    int result = go(fitted, list);
    if (fitted != small) {
        std::free(fitted);
    }
    return result;
}
} // namespace

extern "C" {

int proctor_format::__proctor_print(std::FILE *file, const char *format, const Argument *arguments, int count) {
    Sink sink(file, nullptr, 0);
    return print(sink, format, Arguments(arguments, count));
}

int proctor_format::__proctor_print_into(char *text, std::size_t room, const char *format, const Argument *arguments, int count) {
    Sink sink(nullptr, text, room);
    return print(sink, format, Arguments(arguments, count));
}

int proctor_format::__proctor_scan(std::FILE *file, const char *format, const Argument *arguments, int count) {
    return scan(format, arguments, count, [&](const char *fitted, std::va_list list) { return std::vfscanf(file, fitted, list); });
}

int proctor_format::__proctor_scan_from(const char *text, const char *format, const Argument *arguments, int count) {
    return scan(format, arguments, count, [&](const char *fitted, std::va_list list) { return std::vsscanf(text, fitted, list); });
}
}
