// Numbers as text and text as numbers. The compiler's archive has these without exceptions and without optimisation.
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <stdexcept>
#include <string>

namespace {
template <class Value, class Text, class Read>
Value number(const char *name, const Text &text, std::size_t *end, Read read) {
    auto *begin = text.c_str();
    decltype(const_cast<typename Text::value_type *>(begin)) stop = nullptr;
    int before = errno;
    errno = 0;
    Value value = read(begin, &stop);
    int error = errno;
    errno = before;
    if (stop == begin) {
        throw std::invalid_argument(name);
    }
    if (error == ERANGE) {
        throw std::out_of_range(name);
    }
    if (end) {
        *end = static_cast<std::size_t>(stop - begin);
    }
    return value;
}

template <class Wide>
Wide digits(char *&at, Wide value) {
    do {
        *--at = static_cast<char>('0' + value % 10);
        value /= 10;
    } while (value);
    return value;
}

template <class Value, class Unsigned>
std::string text_of(Value value) {
    char space[24];
    char *end = space + sizeof space, *at = end;
    bool negative = value < 0;
    Unsigned size = negative ? Unsigned(0) - static_cast<Unsigned>(value) : static_cast<Unsigned>(value);
    digits(at, size);
    if (negative) {
        *--at = '-';
    }
    return std::string(at, end);
}

template <class Value>
std::string floating(const char *format, Value value) {
    char space[400];
    int length = std::snprintf(space, sizeof space, format, value);
    if (length < static_cast<int>(sizeof space)) {
        return std::string(space, static_cast<std::size_t>(length));
    }
    std::string text(static_cast<std::size_t>(length), ' ');
    std::snprintf(text.data(), text.size() + 1, format, value);
    return text;
}
} // namespace

// Each is called in the place of the archive's function of that name.
#define IN_PLACE_OF(name) __asm__("__wrap__ZNSt3__2" name)
#define OF_STRING "ERKNS_12basic_stringIcNS_11char_traitsIcEENS_9allocatorIcEEEEPm"

using std::size_t;
using std::string;

int stoi_(const string &text, size_t *end, int base) IN_PLACE_OF("4stoi" OF_STRING "i");
long stol_(const string &text, size_t *end, int base) IN_PLACE_OF("4stol" OF_STRING "i");
unsigned long stoul_(const string &text, size_t *end, int base) IN_PLACE_OF("5stoul" OF_STRING "i");
long long stoll_(const string &text, size_t *end, int base) IN_PLACE_OF("5stoll" OF_STRING "i");
unsigned long long stoull_(const string &text, size_t *end, int base) IN_PLACE_OF("6stoull" OF_STRING "i");
float stof_(const string &text, size_t *end) IN_PLACE_OF("4stof" OF_STRING);
double stod_(const string &text, size_t *end) IN_PLACE_OF("4stod" OF_STRING);
long double stold_(const string &text, size_t *end) IN_PLACE_OF("5stold" OF_STRING);
string to_string_(int value) IN_PLACE_OF("9to_stringEi");
string to_string_(unsigned value) IN_PLACE_OF("9to_stringEj");
string to_string_(long value) IN_PLACE_OF("9to_stringEl");
string to_string_(unsigned long value) IN_PLACE_OF("9to_stringEm");
string to_string_(long long value) IN_PLACE_OF("9to_stringEx");
string to_string_(unsigned long long value) IN_PLACE_OF("9to_stringEy");
string to_string_(float value) IN_PLACE_OF("9to_stringEf");
string to_string_(double value) IN_PLACE_OF("9to_stringEd");
string to_string_(long double value) IN_PLACE_OF("9to_stringEe");

int stoi_(const string &text, size_t *end, int base) {
    long value = number<long>("stoi", text, end, [&](const char *s, char **e) { return strtol(s, e, base); });
    return static_cast<int>(value);
}
long stol_(const string &text, size_t *end, int base) {
    return number<long>("stol", text, end, [&](const char *s, char **e) { return strtol(s, e, base); });
}
unsigned long stoul_(const string &text, size_t *end, int base) {
    return number<unsigned long>("stoul", text, end, [&](const char *s, char **e) { return strtoul(s, e, base); });
}
long long stoll_(const string &text, size_t *end, int base) {
    return number<long long>("stoll", text, end, [&](const char *s, char **e) { return strtoll(s, e, base); });
}
unsigned long long stoull_(const string &text, size_t *end, int base) {
    return number<unsigned long long>("stoull", text, end, [&](const char *s, char **e) { return strtoull(s, e, base); });
}
float stof_(const string &text, size_t *end) {
    return number<float>("stof", text, end, [](const char *s, char **e) { return strtof(s, e); });
}
double stod_(const string &text, size_t *end) {
    return number<double>("stod", text, end, [](const char *s, char **e) { return strtod(s, e); });
}
long double stold_(const string &text, size_t *end) {
    return number<long double>("stold", text, end, [](const char *s, char **e) { return strtold(s, e); });
}

string to_string_(int value) {
    return text_of<int, unsigned>(value);
}
string to_string_(unsigned value) {
    return text_of<unsigned, unsigned>(value);
}
string to_string_(long value) {
    return text_of<long, unsigned long>(value);
}
string to_string_(unsigned long value) {
    return text_of<unsigned long, unsigned long>(value);
}
string to_string_(long long value) {
    return text_of<long long, unsigned long long>(value);
}
string to_string_(unsigned long long value) {
    return text_of<unsigned long long, unsigned long long>(value);
}
string to_string_(float value) {
    return floating("%f", value);
}
string to_string_(double value) {
    return floating("%f", value);
}
string to_string_(long double value) {
    return floating("%Lf", value);
}
