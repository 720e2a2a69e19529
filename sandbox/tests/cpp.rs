//! C and C++ programs: compiled in the sandbox, run in the sandbox.
#![allow(clippy::print_stdout)]

use proctor_core::{Execution, Language, Program, Verdict};
use proctor_sandbox::{Sandbox, SandboxConfig};
use std::sync::OnceLock;

/// The sandbox, where the compiler guest is installed; says so where it is not.
fn sandbox() -> Option<&'static Sandbox> {
    static SANDBOX: OnceLock<Option<Sandbox>> = OnceLock::new();
    let sandbox = SANDBOX.get_or_init(|| {
        let config = SandboxConfig::discover().filter(SandboxConfig::has_clang)?;
        Some(Sandbox::open(config).expect("installed guests can be opened"))
    });
    if sandbox.is_none() {
        println!("skipped: the compiler guest is not installed (`proctor setup` does it)");
    }
    sandbox.as_ref()
}

fn run(sandbox: &Sandbox, source: &str, stdin: &str) -> Execution {
    let mut program = Program::cpp(source);
    program.limits.work = 20_000_000_000;
    program.limits.memory_bytes = 256 << 20;
    program.stdin = Some(stdin.as_bytes().to_vec());
    sandbox.run(&program)
}

/// A program, its input and what it prints.
fn check(cases: &[(&str, &str, &str)]) {
    let Some(sandbox) = sandbox() else { return };
    for (source, stdin, expected) in cases {
        let execution = run(sandbox, source, stdin);
        assert_eq!(execution.verdict, Verdict::Ok, "{source}\n{:?}\n{}", execution.raised, execution.stderr);
        assert_eq!(execution.stdout, *expected, "{source}");
    }
}

#[test]
fn programs_print_what_native_ones_do() {
    check(&[
        ("#include <cstdio>\nint main(){int a,b;scanf(\"%d %d\",&a,&b);printf(\"%d\\n\",a+b);}", "2 3", "5\n"),
        (
            "#include <bits/stdc++.h>\nusing namespace std;\nint main(){int n;cin>>n;vector<long long>a(n);for(auto&x:a)cin>>x;\
             sort(a.begin(),a.end());for(auto x:a)cout<<x<<' ';cout<<endl;}",
            "3\n9000000000 -1 5",
            "-1 5 9000000000 \n",
        ),
        (
            "#include <bits/stdc++.h>\nusing namespace std;\nint main(){try{throw runtime_error(\"x\");}\
             catch(exception&e){cout<<e.what()<<endl;}try{vector<int>v(3);v.at(5);}catch(out_of_range&){puts(\"range\");}}",
            "",
            "x\nrange\n",
        ),
    ]);
}

#[test]
fn endings_have_verdicts() {
    let Some(sandbox) = sandbox() else { return };
    let cases: &[(&str, Verdict, &str)] = &[
        ("int main(){return 3;}", Verdict::RuntimeError, ""),
        ("int main(){int*p=0;return *(volatile int*)p;}", Verdict::RuntimeError, "SegmentationFault"),
        ("int main(int c,char**){volatile int z=c-1;return 5/z;}", Verdict::RuntimeError, "DivisionByZero"),
        ("#include <stdexcept>\nint main(){throw std::runtime_error(\"why\");}", Verdict::RuntimeError, "UncaughtException"),
        ("#include <cassert>\nint main(){assert(1==2);}", Verdict::RuntimeError, "Abort"),
        (
            "int f(int n){volatile int a[16];a[0]=n;return f(n+1)+a[0];}int main(){return f(0);}",
            Verdict::RuntimeError,
            "StackOverflow",
        ),
        ("int main(){for(;;);}", Verdict::TimeLimit, ""),
        ("#include <vector>\nint main(){std::vector<int>v;for(;;)v.push_back(1);}", Verdict::MemoryLimit, "UncaughtException"),
        ("#include <cstdio>\nint main(){for(;;)puts(\"x\");}", Verdict::OutputLimit, ""),
        ("int main(){return x;}", Verdict::CompileError, "CompileError"),
    ];
    for (source, verdict, kind) in cases {
        let execution = run(sandbox, source, "");
        assert_eq!(execution.verdict, *verdict, "{source}\n{execution:?}");
        assert_eq!(execution.raised.as_ref().map_or("", |r| r.kind.as_str()), *kind, "{source}\n{execution:?}");
    }
}

#[test]
fn c_is_compiled_as_c() {
    let Some(sandbox) = sandbox() else { return };
    let source =
        "#include <stdio.h>\n#include <stdlib.h>\nint main(void){int *class=malloc(8);class[0]=4;printf(\"%d\\n\",class[0]);}";
    let execution = sandbox.run(&Program::new(Language::C, source));
    assert_eq!((execution.verdict, execution.stdout.as_str()), (Verdict::Ok, "4\n"), "{}", execution.stderr);
}

#[test]
fn long_has_64_bits() {
    check(&[
        ("#include <cstdio>\nint main(){long x=1L<<40;printf(\"%ld %d\\n\",x,(int)sizeof(long));}", "", "1099511627776 8\n"),
        (
            "#include <bits/stdc++.h>\nusing namespace std;\ntypedef unsigned long ul;\n#define L long\nint main(){long n;cin>>n;ul m=n*n;L t=LONG_MAX;\
             cout<<m<<' '<<t<<' '<<max(0L,n)<<' '<<labs(-n)<<' '<<stol(\"9999999999\")<<endl;}",
            "3000000000",
            "9000000000000000000 9223372036854775807 3000000000 3000000000 9999999999\n",
        ),
        (
            "#include <cstdio>\nint main(){long a;unsigned long b;scanf(\"%ld%lu\",&a,&b);printf(\"%lu\\n\",a+b);}",
            "-1 9000000000",
            "8999999999\n",
        ),
        (
            "#include <cstdio>\n#include <string>\nint main(){std::string s(5,'x');size_t n;scanf(\"%zu\",&n);printf(\"%zu %lu\\n\",n,s.size());}",
            "7",
            "7 5\n",
        ),
        (
            "#include <cstdio>\nvoid f(long){puts(\"long\");}\nvoid f(long long){puts(\"long long\");}\nint main(){f(1L);f(1LL);}",
            "",
            "long\nlong long\n",
        ),
        (
            "#include <cstdio>\nint main(){long double d=2.5L;long long a=1;unsigned long long b=2ull;printf(\"%.1Lf %lld %llu \\\"long\\\"\\n\",d,a,b);}",
            "",
            "2.5 1 2 \"long\"\n",
        ),
        ("#include <cstdio>\nint main(){long long x=5;int y=-1;printf(\"%d %lld %I64d\\n\",x,y,x);}", "", "5 4294967295 5\n"),
        (
            "#include <bits/stdc++.h>\nusing namespace std;\nint main(){vector<int>v(3);uint64_t x=9;cout<<max(x,v.size())<<min<size_t>(2,v.size())<<endl;}",
            "",
            "92\n",
        ),
    ]);
}

#[test]
fn what_contests_take_for_granted_is_there() {
    check(&[
        (
            "#include <bits/stdc++.h>\n#include <ext/pb_ds/assoc_container.hpp>\n#include <ext/pb_ds/tree_policy.hpp>\nusing namespace std;\n\
             using namespace __gnu_pbds;\ntypedef tree<int,null_type,less<int>,rb_tree_tag,tree_order_statistics_node_update>T;\n\
             int main(){T t;for(int i=0;i<100;i++)t.insert(i*37%101);cout<<*t.find_by_order(10)<<' '<<t.order_of_key(50)<<endl;\
             gp_hash_table<int,int>g;g[3]++;cout<<g[3]<<endl;}",
            "",
            "10 50\n1\n",
        ),
        (
            "#pragma GCC optimize(\"O3,unroll-loops\")\n#pragma GCC target(\"avx2,bmi,popcnt\")\n#include <bits/stdc++.h>\n#include <immintrin.h>\n\
             using namespace std;\nint main(){ios_base::sync_with_stdio(false);cin.tie(nullptr);vector<int>v{3,1,2};random_shuffle(v.begin(),v.end());\
             sort(v.begin(),v.end());cout<<v[0]<<__gcd(12,18)<<__lg(9)<<__builtin_popcountll(255)<<'\\n';system(\"pause\");}",
            "",
            "1638\n",
        ),
        (
            "#include <bits/stdc++.h>\nusing namespace std;\nint main(){__int128 x=1;for(int i=0;i<30;i++)x*=10;cout<<(long long)(x/1000000000000000000LL)<<endl;\
             long double d;cin>>d;cout<<fixed<<setprecision(3)<<d*2<<endl;printf(\"%.3Lf\\n\",d);mt19937 r(5489);r.discard(9999);cout<<r()<<endl;}",
            "1.125",
            "1000000000000\n2.250\n1.125\n4123659995\n",
        ),
        (
            "#include <cstdio>\nint n,c;int main(){freopen(\"no.txt\",\"w\",stderr);while((c=getchar_unlocked())!=EOF)if(c>='0')n=n*10+c-'0';printf(\"%d\\n\",n);}",
            "12 34",
            "1234\n",
        ),
        (
            "#include <iostream>\nint f(int n){return n?f(n-1)+1:0;}int main(){int n;std::cin>>n;std::cout<<f(n)<<std::endl;}",
            "1000000",
            "1000000\n",
        ),
        (
            "#include <bits/stdc++.h>\nusing namespace std;\nvector<int>g[1000001];pair<int,int>p[1000000];int main(){g[5].push_back(1);cout<<g[5].size()<<p[7].first<<endl;\
             thread t([]{puts(\"in a thread\");fflush(stdout);});t.join();}",
            "",
            "10\nin a thread\n",
        ),
        (
            "#include <bits/stdc++.h>\nusing namespace std;\nconstexpr auto table=[]{array<int,1000>a{};for(int i=1;i<1000;i++)a[i]=a[i-1]+i;return a;}();\
             static_assert(table[999]==499500);int main(){cout<<table[10]<<endl;}",
            "",
            "55\n",
        ),
        (
            "#include <bits/stdc++.h>\nusing namespace std;\nint main(){vector<int>v{3,1,2};ranges::sort(v);auto e=v|views::transform([](int x){return x*x;});\
             for(int x:e)cout<<x<<' ';cout<<(3<=>2>0)<<endl;}",
            "",
            "1 4 9 1\n",
        ),
        (
            "#include <iostream>\nusing namespace std;\nint count,merge[5];struct S{int count=5;};int distance(int a,int b){return b-a;}\n\
             int main(){merge[1]=2;count=3;S s;s.count=0;cout<<merge[1]+::count+count-count+distance(1,4)+s.count<<endl;}",
            "",
            "8\n",
        ),
    ]);
}

#[test]
fn exceptions_do_what_they_do_natively() {
    check(&[(
        "#include <bits/stdc++.h>\nusing namespace std;\nstruct A{virtual~A(){}};struct B:A{};struct D{const char*n;~D(){puts(n);}};\
             int f(int n){D d{n>1?\"outer\":\"inner\"};if(n==1)throw B();return f(n-1);}\
             int main(){try{f(2);}catch(A&a){puts(dynamic_cast<B*>(&a)?\"B\":\"A\");}\
             try{try{throw 1;}catch(int){throw;}}catch(...){puts(\"again\");}\
             try{throw string(\"text\");}catch(const string&s){puts(s.c_str());}\
             try{throw(const char*)\"pointer\";}catch(const char*s){puts(s);}\
             exception_ptr p;try{stoi(\"x\");}catch(...){p=current_exception();}\
             try{rethrow_exception(p);}catch(invalid_argument&e){puts(e.what());}\
             try{string s=\"abc\";s.at(9);}catch(out_of_range&){puts(\"range\");}\
             try{vector<int>v;v.resize(-1);}catch(length_error&){puts(\"length\");}\
             try{char*volatile q=new char[3000000000u];q[0]=1;}catch(bad_alloc&){puts(\"memory\");}\
             printf(\"%d\\n\",uncaught_exceptions());}",
        "",
        "inner\nouter\nB\nagain\ntext\npointer\nstoi\nrange\nlength\nmemory\n0\n",
    )]);
}

#[test]
fn a_checker_reads_its_files() {
    let Some(sandbox) = sandbox() else { return };
    let checker = "#include \"testlib.h\"\nint main(int c,char**v){registerTestlibCmd(c,v);int n=inf.readInt(1,9,\"n\");double a=ouf.readDouble(),b=ans.readDouble();\
        if(!doubleCompare(b,a,1e-6))quitf(_wa,\"%d: %.6f is not %.6f\",n,a,b);quitf(_ok,\"fine\");}";
    for (output, status) in [("2.5000001", 0), ("2.6", 1), ("x", 2), ("2.5 7", 2), ("", 2)] {
        let mut program = Program::cpp(checker);
        program.arguments = ["in", "out", "answer"].map(str::to_string).to_vec();
        for (name, text) in [("in", "3\n"), ("out", output), ("answer", "2.5\n")] {
            program.files.insert(name.to_string(), text.as_bytes().to_vec());
        }
        let execution = sandbox.run(&program);
        assert_eq!(execution.exit_status, Some(status), "{output}: {execution:?}");
    }
}

#[test]
fn standards_are_named_and_obeyed() {
    let Some(sandbox) = sandbox() else { return };
    let source = "#include <cstdio>\nint main(){printf(\"%ld\\n\",__cplusplus);}";
    for (standard, expected) in
        [("c++11", "201103"), ("gnu++14", "201402"), ("c++17", "201703"), ("C++20", "202002"), ("c++23", "202302")]
    {
        let execution = sandbox.run(&Program { standard: Some(standard.to_string()), ..Program::cpp(source) });
        assert_eq!(execution.stdout.trim(), expected, "{execution:?}");
    }
    let execution = sandbox.run(&Program { standard: Some("c++99".to_string()), ..Program::cpp(source) });
    assert_eq!(execution.verdict, Verdict::CompileError);
    assert!(execution.stderr.contains("c++99"), "{execution:?}");
}

#[test]
fn the_same_text_has_the_same_work() {
    let Some(sandbox) = sandbox() else { return };
    let source = "#include <bits/stdc++.h>\nusing namespace std;\nint main(){unordered_map<string,int>m;for(int i=0;i<10000;i++)m[to_string(rand()%100)]++;\
        cout<<m.size()<<' '<<time(0)<<' '<<random_device()()<<' '<<clock()<<endl;}";
    let first = sandbox.run(&Program::cpp(source));
    assert_eq!(first.verdict, Verdict::Ok, "{first:?}");
    for _ in 0..10 {
        let again = sandbox.run(&Program::cpp(source));
        assert_eq!((again.work, &again.stdout, again.peak_memory_bytes), (first.work, &first.stdout, first.peak_memory_bytes));
    }
    let seeded = sandbox.run(&Program { seed: 1, ..Program::cpp(source) });
    assert_ne!(seeded.stdout, first.stdout);
}

#[test]
fn the_library_does_what_gcc_s_does() {
    check(&[
        (
            "#include <bits/stdc++.h>\nusing namespace std;\nint main(){istringstream s(\"1.5 -2.25e3 .5 5. 1e 7 0.1 x\");double d;for(int i=0;i<8;i++){\
             bool ok=bool(s>>d);printf(\"%.17g %d\\n\",d,ok);if(!ok){s.clear();string q;s>>q;}}\
             int n;string x;cin>>n;getline(cin,x);cout<<n<<'['<<x<<']';getline(cin,x);cout<<'['<<x<<']';cout<<bool(getline(cin,x))<<endl;}",
            "5 rest\nline two",
            "1.5 1\n-2250 1\n0.5 1\n5 1\n0 0\n0.10000000000000001 1\n0 0\n0 0\n5[ rest][line two]0\n",
        ),
        (
            "#include <bits/stdc++.h>\nusing namespace std;\nint main(){istringstream is(\"5 99999999999 -3 x\");int i;unsigned u;is>>i;cout<<i<<' ';is>>i;\
             cout<<i<<is.fail()<<' ';is.clear();is>>u;cout<<u<<' ';is>>i;cout<<i<<is.fail()<<endl;\
             cout<<hex<<255<<' '<<-1<<dec<<setw(5)<<42<<'|'<<showpos<<3<<noshowpos<<' '<<setfill('0')<<setw(4)<<7<<endl;\
             int a;scanf(\"%d\",&a);int b;cin>>b;char c=getchar();c=getchar();cout<<a<<b<<c<<endl;}",
            "1 2 z",
            "5 21474836471 4294967293 01\nff ffffffff   42|+3 0007\n12z\n",
        ),
        (
            "#include <bits/stdc++.h>\nusing namespace std;\nint main(){regex r(\"(\\\\w+)@(\\\\w+)\");smatch m;string s=\"a@b\";if(regex_match(s,m,r))cout<<m[1]<<m[2];\
             istringstream is(\"x\");is.exceptions(ios::failbit);try{int k;is>>k;}catch(ios_base::failure&){cout<<\" failure\";}\
             try{bitset<4>c(\"12\");}catch(invalid_argument&){cout<<\" bits\";}cout<<endl;}",
            "",
            "ab failure bits\n",
        ),
        (
            "#include <csetjmp>\n#include <cstdio>\njmp_buf b;void f(){longjmp(b,5);}int main(){int r=setjmp(b);if(!r)f();printf(\"%d\\n\",r);}",
            "",
            "5\n",
        ),
        (
            "#include <csignal>\n#include <cstdio>\n#include <cstdlib>\nvoid h(int s){printf(\"%d\\n\",s);exit(0);}int main(){signal(SIGINT,h);raise(SIGINT);}",
            "",
            "2\n",
        ),
    ]);
}
