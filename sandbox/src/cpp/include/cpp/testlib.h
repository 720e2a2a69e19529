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

#include <proctor/testlib_pattern.h>
#include <proctor/testlib_stream.h>

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

#include <proctor/testlib_random.h>

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
