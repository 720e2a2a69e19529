// Part of <testlib.h>: streams that are read word by word.
#ifndef PROCTOR_TESTLIB_STREAM_H
#define PROCTOR_TESTLIB_STREAM_H

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

#endif
