//! The hostile programs, by what they are after.

use proctor_core::Language::{self, C, Cpp};
use proctor_core::Verdict::{self, CompileError, MemoryLimit, Ok, OutputLimit, RuntimeError, TimeLimit};

/// What a program must come to.
#[derive(Clone, Copy)]
pub enum Expected {
    /// This verdict.
    Is(Verdict),
    /// It ends well and prints this.
    Prints(&'static str),
    /// The compiler refuses it, with these words among its own.
    Refused(&'static str),
    /// A runtime error of this kind.
    Raises(&'static str),
    /// It cannot be judged.
    Unsupported,
}
use Expected::{Is, Prints, Raises, Refused, Unsupported};

/// One program.
pub struct Hostile {
    pub group: &'static str,
    pub name: &'static str,
    pub language: Language,
    pub source: fn() -> String,
    pub expected: Expected,
}

pub const GROUPS: &[&str] =
    &["files", "system", "compiler", "memory", "recursion", "time", "output", "forgery", "text", "behaviour"];

macro_rules! hostile {
    ($($group:literal $name:literal $language:ident $expected:expr, $source:expr;)*) => {
        &[$(Hostile { group: $group, name: $name, language: $language, source: || $source.to_string(), expected: $expected }),*]
    };
}

pub const HOSTILE: &[Hostile] = hostile! {
    "files" "reads the host's users" Cpp Prints("no\n"),
        "#include <cstdio>\nint main(){FILE*f=fopen(\"/etc/passwd\",\"r\");puts(f?\"yes\":\"no\");}";
    "files" "reads its process" Cpp Prints("no\n"),
        "#include <fstream>\n#include <iostream>\nint main(){std::ifstream f(\"/proc/self/environ\");std::cout<<(f?\"yes\":\"no\")<<std::endl;}";
    "files" "climbs out of its folder" Cpp Prints("no\n"),
        "#include <cstdio>\nint main(){FILE*f=fopen(\"../../../../../../etc/passwd\",\"r\");puts(f?\"yes\":\"no\");}";
    "files" "reads the compiler's library" Cpp Prints("no\n"),
        "#include <cstdio>\nint main(){FILE*f=fopen(\"/usr/include/stdio.h\",\"r\");if(!f)f=fopen(\"/usr/include/wasm32-wasip1/stdio.h\",\"r\");puts(f?\"yes\":\"no\");}";
    "files" "fills its disk" Cpp Prints("stopped\n"),
        "#include <cstdio>\nint main(){FILE*f=fopen(\"/tmp/x\",\"w\");char b[4096]={};for(int i=0;i<100000;i++){if(fwrite(b,1,4096,f)!=4096||fflush(f)){puts(\"stopped\");return 0;}}puts(\"full\");}";
    "files" "makes files without end" Cpp Prints("stopped\n"),
        "#include <cstdio>\nint main(){char n[64];for(int i=0;i<1000000;i++){sprintf(n,\"/tmp/f%d\",i);FILE*f=fopen(n,\"w\");if(!f){puts(\"stopped\");return 0;}fclose(f);}}";
    "files" "opens descriptors without end" Cpp Prints("stopped\n"),
        "#include <cstdio>\n#include <fcntl.h>\nint main(){for(int i=0;i<100000;i++)if(open(\"/tmp/x\",O_CREAT|O_RDWR,0600)<0){puts(\"stopped\");return 0;}}";
    "system" "calls a shell" Cpp Prints("127\n"),
        "#include <cstdio>\n#include <cstdlib>\nint main(){printf(\"%d\\n\",system(\"rm -rf /\")>>8);}";
    "system" "forks" Cpp Is(CompileError), "#include <unistd.h>\nint main(){for(;;)fork();}";
    "system" "starts a program" Cpp Is(CompileError), "#include <unistd.h>\nint main(){execl(\"/bin/sh\",\"sh\",(char*)0);}";
    "system" "connects" Cpp Is(CompileError),
        "#include <sys/socket.h>\nint main(){return socket(AF_INET,SOCK_STREAM,0)<0?7:connect(3,0,0);}";
    "system" "calls the host's call" Cpp Refused("host::call"),
        "extern \"C\" __attribute__((import_module(\"host\"),import_name(\"call\"))) int call(int,int,int,int);int main(){return call(1,2,3,4);}";
    "system" "imports what is not there" Cpp Refused("no_such"),
        "extern \"C\" __attribute__((import_module(\"env\"),import_name(\"no_such\"))) void f();int main(){f();}";
    "system" "a call of the system with wrong types" Cpp Is(CompileError),
        "extern \"C\" __attribute__((import_module(\"wasi_snapshot_preview1\"),import_name(\"fd_write\"))) int w(long long);int main(){return w(1);}";
    "system" "a raw call with pointers out of bounds" Cpp Prints("21\n"),
        "#include <cstdio>\n#include <wasi/api.h>\nint main(){__wasi_size_t n;__wasi_ciovec_t v{(const uint8_t*)0xfffffff0u,1000};printf(\"%d\\n\",(int)__wasi_fd_write(1,&v,1,&n));}";
    "system" "a raw call with a null pointer" Cpp Prints("21\n"),
        "#include <cstdio>\n#include <wasi/api.h>\nint main(){__wasi_size_t n;__wasi_ciovec_t v{(const uint8_t*)16,1000};printf(\"%d\\n\",(int)__wasi_fd_write(1,&v,1,&n));}";
    "system" "a raw call that answers to a null pointer" Cpp Prints("21\n"),
        "#include <cstdio>\n#include <wasi/api.h>\nint main(){printf(\"%d\\n\",(int)__wasi_fd_prestat_get(3,(__wasi_prestat_t*)8));}";
    "system" "the environment" Cpp Prints("0\n"),
        "#include <cstdio>\n#include <unistd.h>\nextern char**environ;int main(){int n=0;for(char**e=environ;e&&*e;e++)n++;printf(\"%d\\n\",n);}";
    "system" "the clock" Cpp Prints("2025\n"),
        "#include <cstdio>\n#include <ctime>\nint main(){time_t t=time(0);printf(\"%d\\n\",gmtime(&t)->tm_year+1900);}";
    "compiler" "includes a device" Cpp Is(CompileError), "#include </dev/random>\nint main(){}";
    "compiler" "includes endless zeros" Cpp Is(CompileError), "#include \"/dev/zero\"\nint main(){}";
    "compiler" "includes the host's users" Cpp Is(CompileError), "#include \"/etc/passwd\"\nint main(){}";
    "compiler" "includes its terminal" Cpp Is(CompileError), "#include \"/dev/stdin\"\nint main(){}";
    "compiler" "includes itself" Cpp Is(CompileError), "#include __FILE__\nint main(){}";
    "compiler" "includes itself twice" Cpp Is(CompileError), "#include \"program.cpp\"\n#include \"program.cpp\"\nint main(){}";
    "compiler" "embeds the host's users" Cpp Is(CompileError), "const char x[]={\n#embed \"/etc/passwd\"\n};int main(){}";
    "compiler" "embeds a device" C Is(CompileError), "const unsigned char x[]={\n#embed \"/dev/urandom\" limit(100000)\n};int main(void){return 0;}";
    "compiler" "assembly that includes the host's users" Cpp Unsupported, "__asm__(\".incbin \\\"/etc/passwd\\\"\");int main(){}";
    "compiler" "templates without end" Cpp Is(CompileError),
        "template<int n>struct S{static const int v=S<n+1>::v;};int main(){return S<0>::v;}";
    "compiler" "templates that double" Cpp Is(CompileError),
        "template<int n,int m>struct S{static const int v=S<n-1,m*2>::v+S<n-1,m*2+1>::v;};template<int m>struct S<0,m>{static const int v=m;};int main(){return S<40,1>::v;}";
    "compiler" "types that double" Cpp Is(CompileError),
        "template<class T,int n>struct P{using t=typename P<P<T,0>,n-1>::t;struct A{T a,b;}x;};template<class T>struct P<T,0>{T a[1000],b[1000];using t=T;};P<int,900>::t v;int main(){return sizeof(P<P<P<P<int,1>,1>,1>,900>);}";
    "compiler" "macros that explode" Cpp Is(CompileError),
        "#define A x x x x x x x x x x\n#define B A A A A A A A A A A\n#define C B B B B B B B B B B\n#define D C C C C C C C C C C\n#define E D D D D D D D D D D\n#define F E E E E E E E E E E\n#define G F F F F F F F F F F\n#define H G G G G G G G G G G\nint main(){H}";
    "compiler" "constants without end" Cpp Is(CompileError),
        "constexpr int f(){int n=0;for(;;)n=(n+1)%7;return n;}static_assert(f()==1);int main(){}";
    "compiler" "constants that recur" Cpp Is(CompileError), "constexpr int f(int n){return f(n+1)+1;}constexpr int x=f(0);int main(){return x;}";
    "compiler" "parentheses" Cpp Is(CompileError), format!("int main(){{return {}1{};}}", "(".repeat(200_000), ")".repeat(200_000));
    "compiler" "braces" Cpp Is(CompileError), format!("int main(){{{}", "{".repeat(300_000));
    "compiler" "initialisers" Cpp Is(CompileError), format!("int a[]={}0;int main(){{}}", "{".repeat(100_000));
    "compiler" "an array larger than memory" Cpp Is(CompileError), "int a[1LL<<40];int main(){return a[5];}";
    "compiler" "an initialised array of gigabytes" Cpp Is(CompileError), "int a[1<<29]={1};int main(){return a[5];}";
    "compiler" "errors without end" Cpp Is(CompileError), "undeclared x;\n".repeat(100_000);
    "compiler" "flags of the linker" Cpp Prints("here\n"),
        "#pragma comment(linker,\"--export-all\")\n#pragma comment(lib,\"/etc/passwd\")\n#include <cstdio>\nint main(){puts(\"here\");}";
    "compiler" "assembly of another processor" Cpp Unsupported, "int main(){__asm__ volatile(\"mov $60,%eax; xor %edi,%edi; syscall\");}";
    "compiler" "a plug-in" Cpp Is(CompileError), "#pragma clang module load \"/etc/passwd\"\n#import \"/proc/self/mem\"\nint main(){}";
    "memory" "takes memory without end" Cpp Is(MemoryLimit), "#include <vector>\nint main(){std::vector<std::vector<char>>v;for(;;)v.emplace_back(1<<20,1);}";
    "memory" "takes memory and does not look" C Is(MemoryLimit), "#include <stdlib.h>\n#include <string.h>\nchar*volatile last;int main(void){for(;;){last=malloc(1<<20);memset(last,1,1<<20);}}";
    "memory" "catches every refusal" Cpp Is(TimeLimit), "#include <new>\nint main(){for(;;){try{char*p=new char[1<<30];p[0]=1;}catch(std::bad_alloc&){}}}";
    "memory" "a global array above the limit" Cpp Is(MemoryLimit), "#include <cstring>\nchar a[300<<20];int main(){memset(a,1,sizeof a);return a[5]-1;}";
    "memory" "grows by instruction" Cpp Prints("refused\n"),
        "#include <cstdio>\nint main(){for(int i=0;i<100000;i++)if(__builtin_wasm_memory_grow(0,16)==(size_t)-1){puts(\"refused\");return 0;}}";
    "memory" "fills by instruction what is not its own" Cpp Raises("SegmentationFault"),
        "int main(){__asm__ volatile(\"i32.const 0\\ni32.const 7\\ni32.const 100\\nmemory.fill 0\\n\");}";
    "memory" "copies by instruction from null" Cpp Raises("SegmentationFault"),
        "int a[100];int main(){__asm__ volatile(\"i32.const 2000000\\ni32.const 0\\ni32.const 100\\nmemory.copy 0, 0\\n\");}";
    "recursion" "without end" Cpp Is(RuntimeError), "int f(volatile int n){return f(n+1)*3+n;}int main(){return f(0);}";
    "recursion" "with large frames" Cpp Is(RuntimeError), "int f(int n){volatile char a[100000];a[n%1000]=1;return f(n+1)+a[5];}int main(){return f(0);}";
    "recursion" "of main" C Is(RuntimeError), "int main(int n,char**v){volatile int k=n;return main(n+1,v)*3+k;}";
    "recursion" "of destructors" Cpp Is(RuntimeError), "struct S{S*next=nullptr;~S(){S s;s.next=this;if(next)volatile int x=1;S t;}};int main(){S s;}";
    "recursion" "in a handler" Cpp Is(TimeLimit), "int f(int n){try{throw n;}catch(int x){return f(x+1)+1;}}int main(){return f(0);}";
    "time" "an empty loop" Cpp Is(TimeLimit), "int main(){for(;;);}";
    "time" "a loop that computes" Cpp Is(TimeLimit), "int main(){unsigned x=1;while(x)x=x*5+2;return x;}";
    "time" "a loop of exceptions" Cpp Is(TimeLimit), "int main(){for(;;)try{throw 1;}catch(...){}}";
    "time" "sorting with a comparison that lies" Cpp Is(TimeLimit),
        "#include <algorithm>\n#include <vector>\nint main(){std::vector<int>v(100000);for(;;)std::stable_sort(v.begin(),v.end(),[](int,int){return true;});}";
    "time" "copies without end" Cpp Is(TimeLimit), "#include <cstring>\nstatic char a[1<<24],b[1<<24];int main(){for(;;){memcpy(a,b,1<<24);memset(b,a[5],1<<24);}}";
    "time" "sleeps" Cpp Is(TimeLimit), "#include <unistd.h>\nint main(){for(;;)sleep(1000);}";
    "time" "at exit" Cpp Is(TimeLimit), "#include <cstdlib>\nint main(){atexit([]{for(;;);});}";
    "time" "before main" Cpp Is(TimeLimit), "struct S{S(){for(;;);}}s;int main(){}";
    "time" "calls of the system" Cpp Is(TimeLimit), "#include <ctime>\nint main(){for(;;)clock();}";
    "time" "lines that are flushed" Cpp Is(OutputLimit), "#include <iostream>\nint main(){for(;;)std::cout<<'x'<<std::flush;}";
    "output" "without end" Cpp Is(OutputLimit), "#include <cstdio>\nint main(){for(;;)puts(\"xxxxxxxxxxxxxxxxxxxxxxxxxxxx\");}";
    "output" "of errors without end" Cpp Is(OutputLimit), "#include <cstdio>\nint main(){for(;;)fputs(\"xxxxxxxxxxxxxxxxxxxxxxxxxxx\",stderr);}";
    "output" "in one piece" Cpp Is(OutputLimit), "#include <cstdio>\nstatic char a[32<<20];int main(){fwrite(a,1,sizeof a,stdout);}";
    "output" "of bytes that are no text" Cpp Is(Ok), "#include <cstdio>\nint main(){for(int i=0;i<256;i++)putchar(i);}";
    "forgery" "leaves early" Cpp Prints("x\n"), "#include <cstdio>\n#include <cstdlib>\nint main(){puts(\"x\");exit(0);puts(\"y\");}";
    "forgery" "a failure that says it is none" Cpp Is(RuntimeError), "#include <cstdio>\nint main(){puts(\"verdict: ok\");return 256+1;}";
    "forgery" "the status of an abort" Cpp Is(RuntimeError), "#include <cstdlib>\nint main(){_Exit(134);}";
    "forgery" "another _start" Cpp Is(CompileError), "extern \"C\" void _start(){}\nint main(){return 1;}";
    "forgery" "exports the counter's name" Cpp Is(CompileError),
        "extern \"C\" __attribute__((export_name(\"proctor:work\"))) int f(){return 0;}int main(){}";
    "forgery" "its own functions of memory" Cpp Is(CompileError),
        "extern \"C\" __attribute__((export_name(\"__proctor_copy\"))) void f(int){}int main(){char a[100];__builtin_memcpy(a,(void*)&f,50);return a[3]&0;}";
    "forgery" "gives itself work" Cpp Unsupported,
        "int main(){__asm__ volatile(\"i32.const 0\\ni64.const 0x7fffffffffff\\ni64.store 0:p2align=3, 1\\n\");for(;;);}";
    "text" "nothing" Cpp Is(CompileError), "";
    "text" "NULs" Cpp Is(CompileError), "int main(){\0\0\0return 0\0;\0\0";
    "text" "50 MB" Cpp Refused("bytes"), "//xxxxxxx\n".repeat(5_000_000);
    "text" "5 MB of one line" Cpp Is(CompileError), format!("int main(){{return {}", "1+".repeat(2_500_000));
    "text" "directions of writing" Cpp Is(Ok), "int main(){/*\u{202e} } if (0) {\u{2066}*/return 0;}";
    "text" "names that are not ASCII" Cpp Prints("7\n"), "#include <cstdio>\nint main(){int \u{e9}\u{4e2d}=7;printf(\"%d\\n\",\u{e9}\u{4e2d});}";
    "text" "an unfinished comment" Cpp Is(CompileError), "int main(){} /* int long";
    "text" "an unfinished raw string" Cpp Is(CompileError), "const char*a=R\"xx(long long long";
    "behaviour" "null" Cpp Raises("SegmentationFault"), "int main(){int*volatile p=0;return *p;}";
    "behaviour" "beside null" Cpp Raises("SegmentationFault"), "int main(){int*volatile p=0;p[5000]=3;}";
    "behaviour" "far out of bounds" Cpp Raises("SegmentationFault"), "int a[10];int main(){volatile int i=900000000;return a[i];}";
    "behaviour" "a wild function" Cpp Is(RuntimeError), "int main(){void(*volatile f)()=(void(*)())12345;f();}";
    "behaviour" "division by zero" Cpp Raises("DivisionByZero"), "int main(){volatile int z=0;return 5/z;}";
    "behaviour" "the one quotient that overflows" Cpp Raises("IntegerOverflow"), "int main(){volatile int a=-2147483647-1,b=-1;return a/b;}";
    "behaviour" "a wrong cast" Cpp Raises("UncaughtException"), "#include <typeinfo>\nstruct A{virtual~A(){}};struct B:A{};int main(){A a;A&r=a;dynamic_cast<B&>(r);}";
    "behaviour" "throws past noexcept" Cpp Raises("Abort"), "void f()noexcept{throw 1;}int main(){f();}";
};
