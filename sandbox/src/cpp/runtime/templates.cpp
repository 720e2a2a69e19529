// The library's own instances of its templates, compiled with optimisation: those in the compiler's archive are not.
#include <algorithm>
#include <fstream>
#include <iostream>
#include <locale>
#include <sstream>
#include <string>

_LIBCPP_BEGIN_NAMESPACE_STD

#define INSTANCE(...) template __VA_ARGS__;
_LIBCPP_STRING_UNSTABLE_EXTERN_TEMPLATE_LIST(INSTANCE, char)
template string operator+ <char, char_traits<char>, allocator<char>>(char const *, string const &);

template class basic_streambuf<char>;
template class basic_ios<char>;
template class basic_istream<char>;
template class basic_ostream<char>;
template class basic_iostream<char>;
template class basic_stringbuf<char>;
template class basic_stringstream<char>;
template class basic_istringstream<char>;
template class basic_ostringstream<char>;
template class basic_filebuf<char>;
template class basic_ifstream<char>;
template class basic_ofstream<char>;
template struct __num_get<char>;
template struct __num_put<char>;
template class num_get<char>;
template class num_put<char>;

template <class Compare, class Iterator>
void __sort(Iterator first, Iterator last, Compare) {
    using Less = __less<void>;
    Less less;
    auto depth = 2 * std::__bit_log2(std::__to_unsigned_like(last - first));
    std::__introsort<_ClassicAlgPolicy, Less &, Iterator, __use_branchless_sort<Less, Iterator>>(
        first, last, less, static_cast<ptrdiff_t>(depth));
}

#define SORT(type) template void __sort<__less<type> &, type *>(type *, type *, __less<type> &);
SORT(char)
SORT(signed char)
SORT(unsigned char)
SORT(short)
SORT(unsigned short)
SORT(int)
SORT(unsigned)
SORT(long)
SORT(unsigned long)
SORT(long long)
SORT(unsigned long long)
SORT(float)
SORT(double)
SORT(long double)

_LIBCPP_END_NAMESPACE_STD
