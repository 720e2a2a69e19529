//! C and C++ programs: compiled in the sandbox, run in the sandbox.

mod support;

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
