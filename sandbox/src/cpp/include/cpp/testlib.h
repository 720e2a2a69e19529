// Checkers, validators, interactors and generators of contest problems: the part of testlib's interface that they use.
// Exit statuses are testlib's: 0 accepted, 1 wrong answer, 2 presentation error, 3 failure, 7 points.
#ifndef PROCTOR_TESTLIB_H
#define PROCTOR_TESTLIB_H

#include <algorithm>
#include <cctype>
#include <cmath>
#include <cstdarg>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <functional>
#include <iostream>
#include <limits>
#include <map>
#include <set>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

enum TResult { _ok = 0, _wa = 1, _pe = 2, _fail = 3, _dirt = 4, _points = 5, _unexpected_eof = 8, _partially = 16 };
enum TMode { _input, _output, _answer };
#define _pc(exitCode) (TResult(_partially + (exitCode)))

constexpr double PI = 3.1415926535897932384626433832795;

inline std::string vformat(const char *format, std::va_list list) {
    std::va_list again;
    va_copy(again, list);
    int n = std::vsnprintf(nullptr, 0, format, again);
    va_end(again);
    std::string text(n > 0 ? static_cast<std::size_t>(n) : 0, ' ');
    if (n > 0) {
        std::vsnprintf(&text[0], text.size() + 1, format, list);
    }
    return text;
}

inline std::string format(const char *format, ...) {
    std::va_list list;
    va_start(list, format);
    std::string text = vformat(format, list);
    va_end(list);
    return text;
}
inline std::string format(const std::string &text, ...) {
    return text;
}

[[noreturn]] inline void quit(TResult result, const std::string &message);
[[noreturn]] inline void quit(TResult result, const char *message) {
    quit(result, std::string(message));
}
[[noreturn]] inline void quitf(TResult result, const char *text, ...) {
    std::va_list list;
    va_start(list, text);
    std::string message = vformat(text, list);
    va_end(list);
    quit(result, message);
}
inline void quitif(bool condition, TResult result, const char *text, ...) {
    if (condition) {
        std::va_list list;
        va_start(list, text);
        std::string message = vformat(text, list);
        va_end(list);
        quit(result, message);
    }
}
[[noreturn]] inline void quitp(double points, const std::string &message = "") {
    std::fprintf(stderr, "points %.10g %s\n", points, message.c_str());
    std::exit(7);
}
template <class... Arguments>
[[noreturn]] inline void quitp(double points, const char *text, Arguments... arguments) {
    quitp(points, format(text, arguments...));
}

namespace proctor_testlib {
enum Role { None, Validator, Checker, Interactor, Generator };
inline Role role = None;
inline bool ends_checked = false;

inline bool blank(int c) {
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

// A pattern of testlib: characters, sets in brackets, counts in braces, `|` and parentheses. Greedy, with no way back.
class Pattern {
public:
    explicit Pattern(const std::string &text) : text(text) {}
    bool matches(const std::string &word) const {
        std::size_t at = 0;
        std::size_t pattern = 0;
        return alternatives(word, at, pattern, 0) && at == word.size() && pattern == text.size();
    }

private:
    std::string text;

    // The end of the piece that begins at `from`, up to `|`, `)` or the end.
    bool alternatives(const std::string &word, std::size_t &at, std::size_t &pattern, int depth) const {
        if (depth > 50) {
            return false;
        }
        bool found = false;
        std::size_t best = at;
        for (;;) {
            std::size_t here = at;
            bool good = sequence(word, here, pattern, depth);
            if (good && (!found || here > best)) {
                found = true;
                best = here;
            }
            if (pattern < text.size() && text[pattern] == '|') {
                pattern++;
                continue;
            }
            break;
        }
        at = best;
        return found;
    }

    bool sequence(const std::string &word, std::size_t &at, std::size_t &pattern, int depth) const {
        bool good = true;
        while (pattern < text.size() && text[pattern] != '|' && text[pattern] != ')') {
            std::size_t begin = pattern;
            std::size_t end = skip(begin);
            std::size_t low = 1, high = 1;
            pattern = end;
            count(pattern, low, high);
            std::size_t times = 0;
            while (good && times < high) {
                std::size_t here = at;
                if (!one(word, here, begin, depth) || (here == at && times >= low)) {
                    break;
                }
                at = here;
                times++;
            }
            good = good && times >= low;
        }
        return good;
    }

    std::size_t skip(std::size_t begin) const {
        if (text[begin] == '\\') {
            return std::min(begin + 2, text.size());
        }
        if (text[begin] == '[') {
            std::size_t at = begin + 1;
            while (at < text.size() && text[at] != ']') {
                at += text[at] == '\\' ? 2 : 1;
            }
            return std::min(at + 1, text.size());
        }
        if (text[begin] == '(') {
            int open = 0;
            std::size_t at = begin;
            for (; at < text.size(); at++) {
                if (text[at] == '\\') {
                    at++;
                } else if (text[at] == '(') {
                    open++;
                } else if (text[at] == ')' && --open == 0) {
                    return at + 1;
                }
            }
            return text.size();
        }
        return begin + 1;
    }

    void count(std::size_t &pattern, std::size_t &low, std::size_t &high) const {
        if (pattern >= text.size()) {
            return;
        }
        char c = text[pattern];
        const std::size_t most = std::numeric_limits<std::size_t>::max();
        if (c == '*' || c == '+' || c == '?') {
            low = c == '+' ? 1 : 0;
            high = c == '?' ? 1 : most;
            pattern++;
        } else if (c == '{') {
            std::size_t end = text.find('}', pattern);
            if (end == std::string::npos) {
                return;
            }
            std::string inside = text.substr(pattern + 1, end - pattern - 1);
            std::size_t comma = inside.find(',');
            auto number = [](const std::string &s) { return static_cast<std::size_t>(std::strtoull(s.c_str(), nullptr, 10)); };
            if (comma == std::string::npos) {
                low = high = number(inside);
            } else {
                low = number(inside.substr(0, comma));
                high = comma + 1 < inside.size() ? number(inside.substr(comma + 1)) : most;
            }
            pattern = end + 1;
        }
    }

    bool one(const std::string &word, std::size_t &at, std::size_t begin, int depth) const {
        if (text[begin] == '(') {
            std::size_t inside = begin + 1;
            return alternatives(word, at, inside, depth + 1);
        }
        if (at >= word.size()) {
            return false;
        }
        char c = word[at];
        bool good = false;
        if (text[begin] == '[') {
            std::size_t p = begin + 1;
            bool negative = p < text.size() && text[p] == '^';
            p += negative;
            for (; p < text.size() && text[p] != ']';) {
                p += text[p] == '\\';
                char low = text[p];
                char high = low;
                if (p + 2 < text.size() && text[p + 1] == '-' && text[p + 2] != ']') {
                    high = text[p + 2];
                    p += 2;
                }
                good |= low <= c && c <= high;
                p++;
            }
            good = good != negative;
        } else {
            good = text[begin + (text[begin] == '\\')] == c;
        }
        at += good;
        return good;
    }
};
} // namespace proctor_testlib

class pattern {
public:
    pattern(const std::string &text) : inner(text) {}
    bool matches(const std::string &word) const {
        return inner.matches(word);
    }

private:
    proctor_testlib::Pattern inner;
};

// A stream that is read strictly (validators) or word by word.
class InStream {
public:
    TMode mode = _input;
    bool strict = false;
    bool opened = false;
    std::string name;

    void open(const std::string &path, TMode as) {
        mode = as;
        std::FILE *file = std::fopen(path.c_str(), "rb");
        if (file) {
            read_all(file);
            std::fclose(file);
        }
        opened = file != nullptr;
    }
    void use_stdin(TMode as) {
        mode = as;
        live = true;
        opened = true;
    }

    [[noreturn]] void quit(TResult result, const std::string &message) {
        if (mode == _output) {
            ::quit(result, message);
        }
        if (mode == _input && proctor_testlib::role == proctor_testlib::Validator) {
            ::quit(_fail, message + " (line " + std::to_string(line) + ")");
        }
        ::quit(_fail, (mode == _answer ? "answer: " : "input: ") + message);
    }
    template <class... Arguments>
    [[noreturn]] void quitf(TResult result, const char *text, Arguments... arguments) {
        quit(result, format(text, arguments...));
    }

    char curChar() {
        int c = peek();
        return c == EOF ? static_cast<char>(26) : static_cast<char>(c);
    }
    char readChar() {
        int c = next();
        if (c == EOF) {
            quit(_unexpected_eof, "Unexpected end of file");
        }
        return static_cast<char>(c);
    }
    char nextChar() {
        return readChar();
    }
    char readChar(char wanted) {
        char c = readChar();
        if (c != wanted) {
            quit(_pe, std::string("Unexpected character '") + c + "', but '" + wanted + "' expected");
        }
        return c;
    }
    char readSpace() {
        return readChar(' ');
    }
    void skipBlanks() {
        while (proctor_testlib::blank(peek())) {
            next();
        }
    }
    bool eof() {
        return peek() == EOF;
    }
    bool seekEof() {
        skipBlanks();
        return eof();
    }
    bool eoln() {
        int c = peek();
        if (strict) {
            if (c != '\n') {
                return false;
            }
            next();
            return true;
        }
        if (c == '\r') {
            next();
            c = peek();
        }
        if (c == '\n') {
            next();
            return true;
        }
        return c == EOF;
    }
    bool seekEoln() {
        while (peek() == ' ' || peek() == '\t') {
            next();
        }
        return eoln();
    }
    void readEoln() {
        if (!eoln()) {
            quit(_pe, "Expected EOLN");
        }
    }
    void readEof() {
        if (!eof()) {
            quit(_pe, "Expected EOF");
        }
        if (proctor_testlib::role == proctor_testlib::Validator) {
            proctor_testlib::ends_checked = true;
        }
    }
    void nextLine() {
        readLine();
    }

    std::string readWord() {
        if (!strict) {
            skipBlanks();
        }
        std::string word;
        for (int c = peek(); c != EOF && !proctor_testlib::blank(c); c = peek()) {
            word += static_cast<char>(next());
        }
        if (word.empty()) {
            quit(eof() ? _unexpected_eof : _pe, eof() ? "Unexpected end of file - token expected" : "Unexpected white-space - token expected");
        }
        return word;
    }
    std::string readToken() {
        return readWord();
    }
    std::string readWord(const std::string &like, const std::string &variable = "") {
        return readWord(pattern(like), variable);
    }
    std::string readToken(const std::string &like, const std::string &variable = "") {
        return readWord(like, variable);
    }
    std::string readWord(const pattern &like, const std::string &variable = "") {
        std::string word = readWord();
        if (!like.matches(word)) {
            quit(_wa, "Token " + named(variable) + "\"" + word + "\" doesn't correspond to pattern");
        }
        return word;
    }
    std::string readToken(const pattern &like, const std::string &variable = "") {
        return readWord(like, variable);
    }
    void readWordTo(std::string &word) {
        word = readWord();
    }
    void readTokenTo(std::string &word) {
        word = readWord();
    }
    std::string readLine() {
        if (eof()) {
            quit(_unexpected_eof, "Expected line");
        }
        std::string text;
        for (;;) {
            int c = next();
            if (c == EOF || c == '\n') {
                break;
            }
            if (c != '\r' || strict) {
                text += static_cast<char>(c);
            }
        }
        return text;
    }
    std::string readString() {
        return readLine();
    }
    std::string readLine(const std::string &like, const std::string &variable = "") {
        std::string text = readLine();
        if (!pattern(like).matches(text)) {
            quit(_wa, "Line " + named(variable) + "\"" + text + "\" doesn't correspond to pattern");
        }
        return text;
    }
    std::string readString(const std::string &like, const std::string &variable = "") {
        return readLine(like, variable);
    }
    void readLineTo(std::string &text) {
        text = readLine();
    }
    void readStringTo(std::string &text) {
        text = readLine();
    }

    long long readLong() {
        return whole(readWord(), std::numeric_limits<long long>::min(), std::numeric_limits<long long>::max(), "");
    }
    long long readLong(long long low, long long high, const std::string &variable = "") {
        return whole(readWord(), low, high, variable);
    }
    int readInt() {
        return static_cast<int>(readLong(std::numeric_limits<int>::min(), std::numeric_limits<int>::max()));
    }
    int readInt(int low, int high, const std::string &variable = "") {
        return static_cast<int>(readLong(low, high, variable));
    }
    int readInteger() {
        return readInt();
    }
    int readInteger(int low, int high, const std::string &variable = "") {
        return readInt(low, high, variable);
    }
    unsigned long long readUnsignedLong() {
        return readUnsignedLong(0, std::numeric_limits<unsigned long long>::max());
    }
    unsigned long long readUnsignedLong(unsigned long long low, unsigned long long high, const std::string &variable = "") {
        std::string word = readWord();
        bool good = !word.empty() && word.size() <= 20 && (word.size() == 1 || word[0] != '0');
        for (char c : word) {
            good = good && c >= '0' && c <= '9';
        }
        unsigned long long value = good ? std::strtoull(word.c_str(), nullptr, 10) : 0;
        if (!good || std::to_string(value) != word) {
            quit(_pe, "Expected unsigned integer, but \"" + word + "\" found");
        }
        if (value < low || value > high) {
            quit(_wa, "Unsigned integer " + named(variable) + word + " violates the range");
        }
        return value;
    }
    double readDouble() {
        return real(readWord());
    }
    double readReal() {
        return readDouble();
    }
    double readDouble(double low, double high, const std::string &variable = "") {
        double value = readDouble();
        if (!(low <= value && value <= high)) {
            quit(_wa, "Double " + named(variable) + std::to_string(value) + " violates the range");
        }
        return value;
    }
    double readReal(double low, double high, const std::string &variable = "") {
        return readDouble(low, high, variable);
    }
    double readStrictDouble(double low, double high, int least, int most, const std::string &variable = "") {
        std::string word = readWord();
        std::size_t point = word.find('.');
        int after = point == std::string::npos ? 0 : static_cast<int>(word.size() - point - 1);
        if (word.find_first_not_of("-0123456789.") != std::string::npos || after < least || after > most) {
            quit(_pe, "Expected strict double, but \"" + word + "\" found");
        }
        double value = real(word);
        if (!(low <= value && value <= high)) {
            quit(_wa, "Strict double " + named(variable) + word + " violates the range");
        }
        return value;
    }
    double readStrictReal(double low, double high, int least, int most, const std::string &variable = "") {
        return readStrictDouble(low, high, least, most, variable);
    }

    std::vector<int> readInts(int n, int low, int high, const std::string &variable = "", int = 1) {
        return several<int>(n, [&] { return readInt(low, high, variable); });
    }
    std::vector<int> readInts(int n) {
        return several<int>(n, [&] { return readInt(); });
    }
    std::vector<int> readIntegers(int n, int low, int high, const std::string &variable = "", int = 1) {
        return readInts(n, low, high, variable);
    }
    std::vector<long long> readLongs(int n, long long low, long long high, const std::string &variable = "", int = 1) {
        return several<long long>(n, [&] { return readLong(low, high, variable); });
    }
    std::vector<long long> readLongs(int n) {
        return several<long long>(n, [&] { return readLong(); });
    }
    std::vector<std::string> readTokens(int n, const std::string &like = "", const std::string &variable = "", int = 1) {
        return several<std::string>(n, [&] { return like.empty() ? readWord() : readWord(like, variable); });
    }
    std::vector<std::string> readWords(int n, const std::string &like = "", const std::string &variable = "", int = 1) {
        return readTokens(n, like, variable);
    }
    std::vector<std::string> readLines(int n, const std::string &like = "", const std::string &variable = "", int = 1) {
        return several<std::string>(n, [&] { return like.empty() ? readLine() : readLine(like, variable); });
    }
    std::vector<double> readDoubles(int n, double low, double high, const std::string &variable = "", int = 1) {
        return several<double>(n, [&] { return readDouble(low, high, variable); });
    }

    int getTestCase() const {
        return test_case;
    }
    void setTestCase(int number) {
        test_case = number;
    }
    void close() {}

private:
    std::string bytes;
    std::size_t at = 0;
    bool live = false;
    int line = 1;
    int test_case = 1;

    static std::string named(const std::string &variable) {
        return variable.empty() ? "" : "parameter [name=" + variable + "] ";
    }
    void read_all(std::FILE *file) {
        char space[1 << 14];
        std::size_t n;
        while ((n = std::fread(space, 1, sizeof space, file)) > 0) {
            bytes.append(space, n);
        }
    }
    int peek() {
        if (live) {
            int c = std::getc(stdin);
            return c == EOF ? EOF : std::ungetc(c, stdin);
        }
        return at < bytes.size() ? static_cast<unsigned char>(bytes[at]) : EOF;
    }
    int next() {
        int c = live ? std::getc(stdin) : at < bytes.size() ? static_cast<unsigned char>(bytes[at++]) : EOF;
        line += c == '\n';
        return c;
    }
    template <class Value, class Read>
    std::vector<Value> several(int n, Read read) {
        std::vector<Value> values;
        for (int i = 0; i < n; i++) {
            values.push_back(read());
            if (strict && i + 1 < n) {
                readSpace();
            }
        }
        return values;
    }
    long long whole(const std::string &word, long long low, long long high, const std::string &variable) {
        bool negative = !word.empty() && word[0] == '-';
        std::string digits = word.substr(negative ? 1 : 0);
        bool good = !digits.empty() && digits.size() <= 19 && (digits.size() == 1 || digits[0] != '0') && word != "-0";
        for (char c : digits) {
            good = good && c >= '0' && c <= '9';
        }
        long long value = good ? std::strtoll(word.c_str(), nullptr, 10) : 0;
        if (!good || std::to_string(value) != word) {
            quit(_pe, "Expected integer, but \"" + word + "\" found");
        }
        if (value < low || value > high) {
            quit(_wa, "Integer " + named(variable) + word + " violates the range [" + std::to_string(low) + ", " + std::to_string(high) + "]");
        }
        return value;
    }
    double real(const std::string &word) {
        bool good = !word.empty();
        for (char c : word) {
            good = good && ((c >= '0' && c <= '9') || c == '.' || c == '-' || c == '+' || (!strict && (c == 'e' || c == 'E')));
        }
        char *end = nullptr;
        double value = good ? std::strtod(word.c_str(), &end) : 0;
        if (!good || *end || !std::isfinite(value)) {
            quit(_pe, "Expected double, but \"" + word + "\" found");
        }
        return value;
    }
};

inline InStream inf, ouf, ans;
inline std::fstream tout;

inline void quit(TResult result, const std::string &message) {
    using namespace proctor_testlib;
    ends_checked = true;
    int status = result == _ok ? 0 : result == _wa ? 1 : result == _pe || result == _unexpected_eof || result == _dirt ? 2 : 3;
    if (result >= _partially) {
        std::fprintf(stderr, "partially correct (%d) %s\n", result - _partially, message.c_str());
        std::exit(7);
    }
    if (result == _points) {
        std::fprintf(stderr, "points %s\n", message.c_str());
        std::exit(7);
    }
    if (result == _ok && role == Checker && !ouf.seekEof()) {
        std::fprintf(stderr, "wrong output format Extra information in the output file\n");
        std::exit(2);
    }
    static const char *const words[] = {"ok ", "wrong answer ", "wrong output format ", "FAIL "};
    std::fprintf(stderr, "%s%s\n", words[status], message.c_str());
    if (tout.is_open()) {
        tout.close();
    }
    std::exit(status);
}

template <class... Arguments>
inline void ensuref(bool condition, const char *text, Arguments... arguments) {
    if (!condition) {
        quit(_fail, format(text, arguments...));
    }
}
#define ensure(condition)                                                                                                  \
    do {                                                                                                                   \
        if (!(condition)) {                                                                                                \
            quit(_fail, "Condition failed: \"" #condition "\"");                                                           \
        }                                                                                                                  \
    } while (0)
inline void ensure_ext(bool condition) {
    if (!condition) {
        quit(_fail, "Condition failed");
    }
}

inline void setTestCase(int number) {
    inf.setTestCase(number);
    ouf.setTestCase(number);
    ans.setTestCase(number);
}
inline void unsetTestCase() {
    setTestCase(1);
}
inline std::string validator_test_set, validator_group;

class Validator {
public:
    std::string testset() const {
        return validator_test_set;
    }
    std::string group() const {
        return validator_group;
    }
    void addFeature(const std::string &) {}
    void feature(const std::string &) {}
};
inline ::Validator validator;

inline void registerValidation() {
    proctor_testlib::role = proctor_testlib::Validator;
    inf.use_stdin(_input);
    inf.strict = true;
    std::atexit([] {
        if (!proctor_testlib::ends_checked) {
            std::fprintf(stderr, "FAIL Validator must end with readEof call.\n");
            std::fflush(stderr);
            std::_Exit(3);
        }
    });
}
inline void registerValidation(int argc, char *argv[]) {
    for (int i = 1; i + 1 < argc; i++) {
        if (!std::strcmp(argv[i], "--testset")) {
            validator_test_set = argv[i + 1];
        } else if (!std::strcmp(argv[i], "--group")) {
            validator_group = argv[i + 1];
        }
    }
    registerValidation();
}

inline void proctor_testlib_open(InStream &stream, const char *path, TMode mode) {
    stream.open(path, mode);
    if (!stream.opened) {
        quit(_fail, std::string("Can not open the file ") + path);
    }
}
inline void registerTestlibCmd(int argc, char *argv[]) {
    proctor_testlib::role = proctor_testlib::Checker;
    if (argc < 4) {
        quit(_fail, "Program must be run with the following arguments: <input-file> <output-file> <answer-file>");
    }
    proctor_testlib_open(inf, argv[1], _input);
    proctor_testlib_open(ouf, argv[2], _output);
    proctor_testlib_open(ans, argv[3], _answer);
}
inline void registerTestlib(int count, ...) {
    std::va_list list;
    va_start(list, count);
    char *paths[3] = {};
    for (int i = 0; i < count && i < 3; i++) {
        paths[i] = va_arg(list, char *);
    }
    va_end(list);
    char name[] = "";
    char *argv[] = {name, paths[0], paths[1], paths[2]};
    registerTestlibCmd(count + 1, argv);
}
inline void registerInteraction(int argc, char *argv[]) {
    proctor_testlib::role = proctor_testlib::Interactor;
    if (argc < 3) {
        quit(_fail, "Program must be run with the following arguments: <input-file> <output-file> [<answer-file>]");
    }
    proctor_testlib_open(inf, argv[1], _input);
    ouf.use_stdin(_output);
    tout.open(argv[2], std::ios_base::out);
    if (argc >= 4) {
        ans.open(argv[3], _answer);
        ans.mode = _answer;
    }
}

// Random numbers: a linear congruential generator of 48 bits, as Java's.
class random_t {
public:
    void setSeed(long long value) {
        seed = (static_cast<unsigned long long>(value) ^ 0x5DEECE66DULL) & mask;
    }
    void setSeed(int argc, char *argv[]) {
        unsigned long long value = 3905348978240129619ULL;
        for (int i = 1; i < argc; i++) {
            for (const char *at = argv[i]; *at; at++) {
                value = value * 0x5DEECE66DULL + static_cast<unsigned char>(*at) + 0xBULL;
            }
            value += 0x5DEECE66DULL / 0xBULL;
        }
        seed = value & mask;
    }
    int next(int n) {
        if (n <= 0) {
            quit(_fail, "random_t::next(int n): n must be positive");
        }
        if ((n & -n) == n) {
            return static_cast<int>((static_cast<long long>(n) * static_cast<long long>(bits(31))) >> 31);
        }
        const long long limit = std::numeric_limits<int>::max() / n * static_cast<long long>(n);
        long long drawn;
        do {
            drawn = static_cast<long long>(bits(31));
        } while (drawn >= limit);
        return static_cast<int>(drawn % n);
    }
    unsigned next(unsigned n) {
        return static_cast<unsigned>(next(static_cast<long long>(n)));
    }
    long long next(long long n) {
        if (n <= 0) {
            quit(_fail, "random_t::next(long long n): n must be positive");
        }
        const long long most = std::numeric_limits<long long>::max();
        const long long limit = most / n * n;
        long long drawn;
        do {
            drawn = static_cast<long long>((bits(31) << 32) ^ bits(32)) & most;
        } while (drawn >= limit);
        return drawn % n;
    }
    long next(long n) {
        return static_cast<long>(next(static_cast<long long>(n)));
    }
    int next(int from, int to) {
        return static_cast<int>(next(static_cast<long long>(to) - from + 1) + from);
    }
    unsigned next(unsigned from, unsigned to) {
        return static_cast<unsigned>(next(static_cast<long long>(to) - from + 1) + from);
    }
    long long next(long long from, long long to) {
        return next(to - from + 1) + from;
    }
    long next(long from, long to) {
        return static_cast<long>(next(static_cast<long long>(from), static_cast<long long>(to)));
    }
    double next() {
        return static_cast<double>((bits(26) << 27) + bits(27)) / static_cast<double>(1LL << 53);
    }
    double next(double n) {
        return n * next();
    }
    double next(double from, double to) {
        return from + next(to - from);
    }
    // A word that fits the pattern of sets and counts.
    std::string next(const std::string &text) {
        std::string word;
        for (std::size_t at = 0; at < text.size();) {
            std::string set;
            if (text[at] == '[') {
                for (at++; at < text.size() && text[at] != ']'; at++) {
                    if (at + 2 < text.size() && text[at + 1] == '-' && text[at + 2] != ']') {
                        for (char c = text[at]; c <= text[at + 2]; c++) {
                            set += c;
                        }
                        at += 2;
                    } else {
                        set += text[at];
                    }
                }
                at++;
            } else {
                set = text[at++];
            }
            int low = 1, high = 1;
            if (at < text.size() && text[at] == '{') {
                std::size_t end = text.find('}', at);
                std::string inside = text.substr(at + 1, end - at - 1);
                std::size_t comma = inside.find(',');
                low = std::atoi(inside.c_str());
                high = comma == std::string::npos ? low : std::atoi(inside.c_str() + comma + 1);
                at = end == std::string::npos ? text.size() : end + 1;
            }
            for (int left = next(low, high); left > 0 && !set.empty(); left--) {
                word += set[static_cast<std::size_t>(next(static_cast<int>(set.size())))];
            }
        }
        return word;
    }
    int wnext(int n, int type) {
        return static_cast<int>(wnext(static_cast<long long>(n), type));
    }
    long long wnext(long long n, int type) {
        long long drawn = next(n);
        for (int i = 0; i < type && i < 1000; i++) {
            drawn = std::max(drawn, next(n));
        }
        for (int i = 0; i < -type && i < 1000; i++) {
            drawn = std::min(drawn, next(n));
        }
        return drawn;
    }
    int wnext(int from, int to, int type) {
        return wnext(to - from + 1, type) + from;
    }
    long long wnext(long long from, long long to, int type) {
        return wnext(to - from + 1, type) + from;
    }
    template <class Container>
    typename Container::value_type any(const Container &from) {
        auto at = from.begin();
        std::advance(at, next(static_cast<int>(from.size())));
        return *at;
    }
    template <class Value>
    std::vector<Value> perm(Value n, Value first) {
        std::vector<Value> values(static_cast<std::size_t>(n));
        for (std::size_t i = 0; i < values.size(); i++) {
            values[i] = static_cast<Value>(first + static_cast<Value>(i));
        }
        for (std::size_t i = values.size(); i > 1; i--) {
            std::swap(values[i - 1], values[static_cast<std::size_t>(next(static_cast<int>(i)))]);
        }
        return values;
    }
    template <class Value>
    std::vector<Value> perm(Value n) {
        return perm(n, Value(0));
    }
    std::vector<int> distinct(int n, int from, int to) {
        std::set<int> values;
        while (static_cast<int>(values.size()) < n && static_cast<long long>(values.size()) <= static_cast<long long>(to) - from) {
            values.insert(next(from, to));
        }
        std::vector<int> list(values.begin(), values.end());
        for (std::size_t i = list.size(); i > 1; i--) {
            std::swap(list[i - 1], list[static_cast<std::size_t>(next(static_cast<int>(i)))]);
        }
        return list;
    }

private:
    static constexpr unsigned long long mask = (1ULL << 48) - 1;
    unsigned long long seed = 3905348978240129619ULL & mask;
    unsigned long long bits(int n) {
        seed = (seed * 0x5DEECE66DULL + 0xBULL) & mask;
        return seed >> (48 - n);
    }
};
inline random_t rnd;

inline std::vector<std::string> proctor_testlib_arguments;
inline std::map<std::string, std::string> proctor_testlib_options;

inline void registerGen(int argc, char *argv[], int = 1) {
    proctor_testlib::role = proctor_testlib::Generator;
    rnd.setSeed(argc, argv);
    proctor_testlib_arguments.assign(argv, argv + argc);
    for (int i = 1; i < argc; i++) {
        std::string word = argv[i];
        if (word.size() < 2 || word[0] != '-') {
            continue;
        }
        word = word.substr(word[1] == '-' ? 2 : 1);
        std::size_t equals = word.find('=');
        if (equals != std::string::npos) {
            proctor_testlib_options[word.substr(0, equals)] = word.substr(equals + 1);
        } else if (i + 1 < argc && (argv[i + 1][0] != '-' || std::isdigit(static_cast<unsigned char>(argv[i + 1][1])))) {
            proctor_testlib_options[word] = argv[i + 1];
        } else {
            proctor_testlib_options[word] = "true";
        }
    }
}
template <class Value>
Value proctor_testlib_value(const std::string &text) {
    Value value{};
    std::istringstream(text) >> std::boolalpha >> value;
    return value;
}
template <>
inline std::string proctor_testlib_value<std::string>(const std::string &text) {
    return text;
}
inline bool has_opt(const std::string &key) {
    return proctor_testlib_options.count(key) > 0;
}
template <class Value>
Value opt(int index) {
    if (index < 0 || index >= static_cast<int>(proctor_testlib_arguments.size())) {
        quit(_fail, "Opts: index is out of range");
    }
    return proctor_testlib_value<Value>(proctor_testlib_arguments[static_cast<std::size_t>(index)]);
}
template <class Value>
Value opt(const std::string &key) {
    if (!has_opt(key)) {
        quit(_fail, "Opts: unknown key '" + key + "'");
    }
    return proctor_testlib_value<Value>(proctor_testlib_options[key]);
}
template <class Value>
Value opt(const std::string &key, const Value &otherwise) {
    return has_opt(key) ? proctor_testlib_value<Value>(proctor_testlib_options[key]) : otherwise;
}
inline std::string opt(const std::string &key) {
    return opt<std::string>(key);
}
inline std::string opt(int index) {
    return opt<std::string>(index);
}

template <class It>
void shuffle(It first, It last) {
    for (auto n = last - first; n > 1; n--) {
        std::swap(first[n - 1], first[rnd.next(static_cast<long long>(n))]);
    }
}

// Helpers that checkers take for granted.
inline bool doubleCompare(double expected, double result, double most) {
    most += 1e-15;
    if (std::isnan(expected)) {
        return std::isnan(result);
    }
    if (std::isinf(expected)) {
        return std::isinf(result) && (expected > 0) == (result > 0);
    }
    if (std::isnan(result) || std::isinf(result)) {
        return false;
    }
    if (std::abs(result - expected) <= most) {
        return true;
    }
    double low = std::min(expected * (1 - most), expected * (1 + most));
    double high = std::max(expected * (1 - most), expected * (1 + most));
    return low <= result && result <= high;
}
inline double doubleDelta(double expected, double result) {
    double absolute = std::abs(result - expected);
    return std::abs(expected) > 1e-9 ? std::min(absolute, absolute / std::abs(expected)) : absolute;
}
inline std::string upperCase(std::string text) {
    for (char &c : text) {
        c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
    }
    return text;
}
inline std::string lowerCase(std::string text) {
    for (char &c : text) {
        c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    }
    return text;
}
inline std::string trim(const std::string &text) {
    std::size_t from = 0, to = text.size();
    while (from < to && proctor_testlib::blank(text[from])) {
        from++;
    }
    while (to > from && proctor_testlib::blank(text[to - 1])) {
        to--;
    }
    return text.substr(from, to - from);
}
inline std::string compress(const std::string &text) {
    return text.size() <= 64 ? text : text.substr(0, 30) + "..." + text.substr(text.size() - 31);
}
inline std::string englishEnding(int x) {
    x %= 100;
    if (x / 10 == 1) {
        return "th";
    }
    return x % 10 == 1 ? "st" : x % 10 == 2 ? "nd" : x % 10 == 3 ? "rd" : "th";
}
template <class Value>
std::string vtos(const Value &value) {
    std::ostringstream out;
    out << value;
    return out.str();
}
template <class Value>
std::string toString(const Value &value) {
    return vtos(value);
}
template <class First, class... Rest>
void println(const First &first, const Rest &...rest) {
    std::cout << first;
    ((std::cout << ' ' << rest), ...);
    std::cout << '\n';
}
inline std::vector<std::string> tokenize(const std::string &text, char separator) {
    std::vector<std::string> parts;
    std::string part;
    for (char c : text + separator) {
        if (c != separator) {
            part += c;
        } else if (!part.empty()) {
            parts.push_back(part);
            part.clear();
        }
    }
    return parts;
}
inline std::vector<std::string> split(const std::string &text, char separator) {
    std::vector<std::string> parts;
    std::string part;
    for (char c : text + separator) {
        if (c != separator) {
            part += c;
        } else {
            parts.push_back(part);
            part.clear();
        }
    }
    return parts;
}
inline void setName(const char *, ...) {}
inline void startTest(int) {}

#endif
