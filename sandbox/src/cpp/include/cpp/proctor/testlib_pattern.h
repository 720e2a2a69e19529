// Part of <testlib.h>: patterns of words, and what kind of program this is.
#ifndef PROCTOR_TESTLIB_PATTERN_H
#define PROCTOR_TESTLIB_PATTERN_H

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

#endif
