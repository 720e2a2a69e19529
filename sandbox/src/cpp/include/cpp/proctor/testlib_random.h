// Part of <testlib.h>: random numbers.
#ifndef PROCTOR_TESTLIB_RANDOM_H
#define PROCTOR_TESTLIB_RANDOM_H

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

#endif
