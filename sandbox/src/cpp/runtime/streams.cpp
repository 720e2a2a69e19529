// Integers through streams, and the streams of standard input and output, without the detours of locales. What is not the
// plain case goes the library's way.
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <iostream>
#include <locale>
#include <new>
#include <string>



namespace {

using std::ios_base;

bool plain_locale(const std::ios_base &stream) {
    static const std::locale classic = std::locale::classic();
    return stream.getloc() == classic;
}

bool space(int c) {
    return c == ' ' || (c >= '\t' && c <= '\r');
}

constexpr int END = std::char_traits<char>::eof();

// What std::istream::sentry does; the answer is whether there is something to read.
bool ready(std::istream &in) {
    if (!in.good()) {
        in.setstate(ios_base::failbit);
        return false;
    }
    if (in.tie()) {
        in.tie()->flush();
    }
    if (in.flags() & ios_base::skipws) {
        std::streambuf *from = in.rdbuf();
        int c = from->sgetc();
        while (c != END && space(c)) {
            c = from->snextc();
        }
        if (c == END) {
            in.setstate(ios_base::failbit | ios_base::eofbit);
            return false;
        }
    }
    return true;
}

bool plain(const std::istream &in) {
    return (in.flags() & ios_base::basefield) == ios_base::dec && in.exceptions() == ios_base::goodbit && plain_locale(in);
}

// An integer as std::num_get reads it: too large a one is cut to the nearest there is.
template <class Value, class Unsigned, bool Signed>
void read(std::istream &in, Value &value) {
    if (!ready(in)) {
        return;
    }
    std::streambuf *from = in.rdbuf();
    int c = from->sgetc();
    bool negative = c == '-';
    if (c == '-' || c == '+') {
        c = from->snextc();
    }
    constexpr Unsigned most = static_cast<Unsigned>(~Unsigned(0));
    Unsigned size = 0;
    bool any = false, over = false;
    while (c >= '0' && c <= '9') {
        Unsigned digit = static_cast<Unsigned>(c - '0');
        any = true;
        over = over || size > most / 10 || (size == most / 10 && digit > most % 10);
        size = static_cast<Unsigned>(size * 10 + digit);
        c = from->snextc();
    }
    ios_base::iostate state = c == END ? ios_base::eofbit : ios_base::goodbit;
    if (!any) {
        value = 0;
        state |= ios_base::failbit;
    } else if (Signed) {
        constexpr Unsigned positive = most >> 1;
        if (over || size > positive + (negative ? 1u : 0u)) {
            value = static_cast<Value>(negative ? positive + 1 : positive);
            state |= ios_base::failbit;
        } else {
            value = static_cast<Value>(negative ? Unsigned(0) - size : size);
        }
    } else if (over) {
        value = static_cast<Value>(most);
        state |= ios_base::failbit;
    } else {
        value = static_cast<Value>(negative ? Unsigned(0) - size : size);
    }
    if (state != ios_base::goodbit) {
        in.setstate(state);
    }
}

bool plain(const std::ostream &out) {
    constexpr auto special = ios_base::basefield | ios_base::showpos | ios_base::unitbuf;
    return (out.flags() & special) == ios_base::dec && out.width() == 0 && plain_locale(out);
}

template <class Unsigned, class Value>
Unsigned magnitude(Value value) {
    return value < 0 ? Unsigned(0) - static_cast<Unsigned>(value) : static_cast<Unsigned>(value);
}

template <class Unsigned>
void write(std::ostream &out, Unsigned size, bool negative) {
    if (!out.good()) {
        out.setstate(ios_base::badbit);
        return;
    }
    if (out.tie()) {
        out.tie()->flush();
    }
    char text[24];
    char *end = text + sizeof text, *at = end;
    do {
        *--at = static_cast<char>('0' + size % 10);
        size /= 10;
    } while (size);
    if (negative) {
        *--at = '-';
    }
    if (out.rdbuf()->sputn(at, end - at) != end - at) {
        out.setstate(ios_base::badbit | ios_base::failbit);
    }
}

// A number with a point as it stands in the text: sign, digits, point, digits, exponent. What is exact in one step is
// reckoned, the rest is the C library's.
template <class Value>
struct Exact {
    static constexpr unsigned long long most = 1ULL << 53;
    static constexpr int powers = 22;
};
template <>
struct Exact<float> {
    static constexpr unsigned long long most = 1ULL << 24;
    static constexpr int powers = 10;
};

template <class Value>
void read_real(std::istream &in, Value &value, Value (*convert)(const char *, char **)) {
    if (!ready(in)) {
        return;
    }
    constexpr std::size_t most_text = 1200;
    char text[most_text + 2];
    std::size_t n = 0;
    std::streambuf *from = in.rdbuf();
    int c = from->sgetc();
    auto keep = [&] {
        if (n < most_text) {
            text[n++] = static_cast<char>(c);
        }
        c = from->snextc();
    };
    unsigned long long digits = 0;
    int scale = 0;
    bool any = false, simple = true;
    auto digit = [&](int power) {
        any = true;
        if (digits < 100000000000000000ULL) {
            digits = digits * 10 + static_cast<unsigned>(c - '0');
            scale -= power;
        } else {
            simple = false;
        }
        keep();
    };
    bool negative = c == '-';
    if (c == '-' || c == '+') {
        keep();
    }
    while (c >= '0' && c <= '9') {
        digit(0);
    }
    if (c == '.') {
        keep();
        while (c >= '0' && c <= '9') {
            digit(1);
        }
    }
    if (any && (c == 'e' || c == 'E')) {
        simple = false;
        keep();
        if (c == '-' || c == '+') {
            keep();
        }
        while (c >= '0' && c <= '9') {
            keep();
        }
    }
    ios_base::iostate state = c == END ? ios_base::eofbit : ios_base::goodbit;
    static const Value tens[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
                                 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
    if (!any) {
        value = 0;
        state |= ios_base::failbit;
    } else if (simple && digits <= Exact<Value>::most && -scale <= Exact<Value>::powers) {
        Value size = static_cast<Value>(digits) / tens[-scale];
        value = negative ? -size : size;
    } else {
        text[n] = 0;
        char *end = nullptr;
        value = convert(text, &end);
        if (end != text + n) {
            value = 0;
            state |= ios_base::failbit;
        }
    }
    if (state != ios_base::goodbit) {
        in.setstate(state);
    }
}

// What a stream's buffer holds ready.
struct Ready : std::streambuf {
    static const char *begin(const std::streambuf &of) {
        return (of.*&Ready::gptr)();
    }
    static const char *end(const std::streambuf &of) {
        return (of.*&Ready::egptr)();
    }
    static void take(std::streambuf &of, std::ptrdiff_t n) {
        (of.*&Ready::gbump)(static_cast<int>(n));
    }
};

// The library's way.
template <class Value, class Wide>
void read_anyhow(std::istream &in, Value &value) {
    std::istream::sentry begin(in);
    if (!begin) {
        return;
    }
    ios_base::iostate state = ios_base::goodbit;
    using Facet = std::num_get<char>;
    Wide wide = 0;
    std::use_facet<Facet>(in.getloc()).get(in, {}, in, state, wide);
    value = static_cast<Value>(wide);
    if (static_cast<Wide>(value) != wide) {
        state |= ios_base::failbit;
        value = wide < 0 ? static_cast<Value>(Value(1) << (sizeof(Value) * 8 - 1)) : static_cast<Value>(~(Value(1) << (sizeof(Value) * 8 - 1)));
    }
    in.setstate(state);
}

template <class Value>
void write_anyhow(std::ostream &out, Value value) {
    std::ostream::sentry begin(out);
    if (begin) {
        using Facet = std::num_put<char>;
        if (std::use_facet<Facet>(out.getloc()).put(out, out, out.fill(), value).failed()) {
            out.setstate(ios_base::badbit | ios_base::failbit);
        }
    }
}

// Standard output and error as streams: what is written goes the way of <cstdio>, which keeps both in order.
class Output : public std::streambuf {
public:
    explicit Output(std::FILE *file) : file(file) {}

protected:
    int overflow(int c) override {
        if (c == END) {
            return 0;
        }
        return std::fputc(c, file) == EOF ? END : c;
    }
    std::streamsize xsputn(const char *text, std::streamsize n) override {
        return static_cast<std::streamsize>(std::fwrite(text, 1, static_cast<std::size_t>(n), file));
    }
    int sync() override {
        return std::fflush(file);
    }

private:
    std::FILE *file;
};

// Standard input as a stream. While it is to keep step with <cstdio> not one character is read ahead.
class Input : public std::streambuf {
public:
    bool ahead = false;

protected:
    int underflow() override {
        if (ahead) {
            std::size_t n = std::fread(space, 1, sizeof space, stdin);
            setg(space, space, space + n);
            return n ? static_cast<unsigned char>(space[0]) : END;
        }
        int c = getc_unlocked(stdin);
        return c == EOF ? END : std::ungetc(c, stdin);
    }
    int uflow() override {
        if (ahead) {
            return underflow() == END ? END : static_cast<unsigned char>(*gptr_and_bump());
        }
        int c = getc_unlocked(stdin);
        last = c;
        return c == EOF ? END : c;
    }
    std::streamsize xsgetn(char *text, std::streamsize n) override {
        if (ahead) {
            return std::streambuf::xsgetn(text, n);
        }
        return static_cast<std::streamsize>(std::fread(text, 1, static_cast<std::size_t>(n), stdin));
    }
    int pbackfail(int c) override {
        if (ahead) {
            return END;
        }
        int back = c == END ? last : c;
        last = EOF;
        return back == EOF ? END : std::ungetc(back, stdin);
    }

private:
    char *gptr_and_bump() {
        char *at = gptr();
        gbump(1);
        return at;
    }
    int last = EOF;
    char space[1 << 16];
};

alignas(Input) char input_space[sizeof(Input)];
alignas(Output) char output_space[3][sizeof(Output)];
Input *input = nullptr;

// Before the program's own constructors, after the library's.
__attribute__((constructor(101))) void streams_begin() {
    static std::ios_base::Init library;
    input = new (input_space) Input;
    std::cin.rdbuf(input);
    std::cout.rdbuf(new (output_space[0]) Output(stdout));
    std::cerr.rdbuf(new (output_space[1]) Output(stderr));
    std::clog.rdbuf(new (output_space[2]) Output(stderr));
}
} // namespace

#define STREAM(name) __asm__("_ZNSt3__2" name)
#define INPUT(code) STREAM("13basic_istreamIcNS_11char_traitsIcEEErsER" code)
#define OUTPUT(code) STREAM("13basic_ostreamIcNS_11char_traitsIcEEElsE" code)

#define READ(name, code, Value, Unsigned, Signed, Wide)                                                                    \
    std::istream &name(std::istream *in, Value &value) INPUT(code);                                                        \
    std::istream &name(std::istream *in, Value &value) {                                                                   \
        if (plain(*in)) {                                                                                                  \
            read<Value, Unsigned, Signed>(*in, value);                                                                     \
        } else {                                                                                                           \
            read_anyhow<Value, Wide>(*in, value);                                                                          \
        }                                                                                                                  \
        return *in;                                                                                                        \
    }

#define WRITE(name, code, Value, Unsigned, Wide)                                                                           \
    std::ostream &name(std::ostream *out, Value value) OUTPUT(code);                                                       \
    std::ostream &name(std::ostream *out, Value value) {                                                                   \
        if (plain(*out)) {                                                                                                 \
            write<Unsigned>(*out, magnitude<Unsigned>(value),                                                             \
                            value < 0);                                                                                    \
        } else {                                                                                                           \
            write_anyhow<Wide>(*out, static_cast<Wide>(value));                                                            \
        }                                                                                                                  \
        return *out;                                                                                                       \
    }

extern "C++" {
READ(read_int, "i", int, unsigned, true, long)
READ(read_unsigned, "j", unsigned, unsigned, false, unsigned)
READ(read_long, "l", long, unsigned long, true, long)
READ(read_unsigned_long, "m", unsigned long, unsigned long, false, unsigned long)
READ(read_long_long, "x", long long, unsigned long long, true, long long)
READ(read_unsigned_long_long, "y", unsigned long long, unsigned long long, false, unsigned long long)

WRITE(write_long, "l", long, unsigned long, long)
WRITE(write_unsigned_long, "m", unsigned long, unsigned long, unsigned long)
WRITE(write_long_long, "x", long long, unsigned long long, long long)
WRITE(write_unsigned_long_long, "y", unsigned long long, unsigned long long, unsigned long long)
WRITE(write_unsigned, "j", unsigned, unsigned, unsigned long)

// In base 8 and 16 a negative int has the bits of an unsigned one.
std::ostream &write_int(std::ostream *out, int value) OUTPUT("i");
std::ostream &write_int(std::ostream *out, int value) {
    if (plain(*out)) {
        write<unsigned>(*out, value < 0 ? 0u - static_cast<unsigned>(value) : static_cast<unsigned>(value), value < 0);
    } else if ((out->flags() & ios_base::basefield) == ios_base::oct || (out->flags() & ios_base::basefield) == ios_base::hex) {
        write_anyhow<long>(*out, static_cast<long>(static_cast<unsigned>(value)));
    } else {
        write_anyhow<long>(*out, value);
    }
    return *out;
}

std::istream &read_double(std::istream *in, double &value) INPUT("d");
std::istream &read_double(std::istream *in, double &value) {
    read_real<double>(*in, value, std::strtod);
    return *in;
}

std::istream &read_float(std::istream *in, float &value) INPUT("f");
std::istream &read_float(std::istream *in, float &value) {
    read_real<float>(*in, value, std::strtof);
    return *in;
}

// std::getline, a stretch at a time.
std::istream &__proctor_getline(std::istream &in, std::string &line, char end) {
    std::istream::sentry begin(in, true);
    if (!begin) {
        return in;
    }
    line.clear();
    std::streambuf *from = in.rdbuf();
    bool any = false;
    for (;;) {
        const char *at = Ready::begin(*from), *stop = Ready::end(*from);
        if (at < stop) {
            auto *found = static_cast<const char *>(std::memchr(at, end, static_cast<std::size_t>(stop - at)));
            line.append(at, found ? found : stop);
            any = true;
            Ready::take(*from, (found ? found + 1 : stop) - at);
            if (found) {
                return in;
            }
            continue;
        }
        int c = from->sgetc();
        if (c == END) {
            in.setstate(any ? ios_base::eofbit : ios_base::eofbit | ios_base::failbit);
            return in;
        }
        if (Ready::begin(*from) < Ready::end(*from)) {
            continue;
        }
        // A buffer that holds nothing ready gives one at a time.
        any = true;
        from->sbumpc();
        if (static_cast<char>(c) == end) {
            return in;
        }
        line.push_back(static_cast<char>(c));
    }
}

// Called in the place of std::ios_base::sync_with_stdio.
bool synchronise(bool together) __asm__("__wrap__ZNSt3__28ios_base15sync_with_stdioEb");
bool synchronise(bool together) {
    static bool before = true;
    bool was = before;
    before = together;
    if (input && !together) {
        input->ahead = true;
    }
    return was;
}
}
