//! Two programs that talk, in both languages.
#![allow(clippy::print_stdout)]

use proctor_core::{Entry, Interaction, Program, Verdict};
use proctor_sandbox::{Sandbox, SandboxConfig};

const INTERACTOR: &str = "#include <cstdio>\nint main(){int x=37;for(int i=0;i<10;i++){int g;if(scanf(\"%d\",&g)!=1)return 2;\
    puts(g<x?\"more\":g>x?\"less\":\"yes\");fflush(stdout);if(g==x)return 0;}return 1;}";
const CPP: &str = "#include <bits/stdc++.h>\nusing namespace std;\nint main(){int l=1,h=100;for(;;){int m=(l+h)/2;cout<<m<<endl;\
    string s;if(!(cin>>s))return 3;if(s==\"yes\")return 0;if(s==\"more\")l=m+1;else h=m-1;}}";
const PYTHON: &str = "l, h = 1, 100\nwhile True:\n    m = (l + h) // 2\n    print(m, flush=True)\n    s = input()\n    if s == 'yes':\n        break\n    if s == 'more':\n        l = m + 1\n    else:\n        h = m - 1\n";

fn sandbox() -> Option<Sandbox> {
    let Some(config) = SandboxConfig::discover().filter(|c| c.has_clang() && c.has_python()) else {
        println!("skipped: the guests are not installed (`proctor setup` does it)");
        return None;
    };
    Some(Sandbox::open(config).expect("installed guests can be opened"))
}

fn verdicts(interaction: &Interaction) -> (Verdict, Option<i32>, Verdict, Option<i32>) {
    let (program, interactor) = (&interaction.program, &interaction.interactor);
    (program.verdict, program.exit_status, interactor.verdict, interactor.exit_status)
}

#[test]
fn programs_talk() {
    let Some(sandbox) = sandbox() else { return };
    let interactor = Program::cpp(INTERACTOR);
    let good = (Verdict::Ok, Some(0), Verdict::Ok, Some(0));
    for program in [Program::cpp(CPP), Program::python(PYTHON, Entry::Script)] {
        let first = sandbox.interact(&program, &interactor);
        assert_eq!(verdicts(&first), good, "{first:?}");
        for _ in 0..5 {
            let again = sandbox.interact(&program, &interactor);
            assert_eq!((again.program.work, again.interactor.work), (first.program.work, first.interactor.work));
        }
    }
}

#[test]
fn silence_is_a_deadlock_of_the_program() {
    let Some(sandbox) = sandbox() else { return };
    let waits = Program::cpp("#include <iostream>\nint main(){int x;std::cin>>x;}");
    let interaction = sandbox.interact(&waits, &Program::cpp(INTERACTOR));
    assert_eq!(interaction.program.raised.as_ref().map(|r| r.kind.as_str()), Some("Deadlock"), "{interaction:?}");
    assert_eq!(interaction.interactor.exit_status, Some(2), "{interaction:?}");
}

#[test]
fn who_ends_early_or_never_does_not_hold_the_other() {
    let Some(sandbox) = sandbox() else { return };
    let gone = sandbox.interact(&Program::cpp("int main(){}"), &Program::cpp(INTERACTOR));
    assert_eq!(verdicts(&gone), (Verdict::Ok, Some(0), Verdict::RuntimeError, Some(2)), "{gone:?}");
    let mut endless = Program::cpp("int main(){for(;;);}");
    endless.limits.work = 1_000_000_000;
    let caught = sandbox.interact(&endless, &Program::cpp(INTERACTOR));
    assert_eq!(verdicts(&caught), (Verdict::TimeLimit, None, Verdict::RuntimeError, Some(2)), "{caught:?}");
    let broken = sandbox.interact(&Program::cpp("int main(){"), &Program::cpp(INTERACTOR));
    assert_eq!(verdicts(&broken), (Verdict::CompileError, None, Verdict::RuntimeError, Some(2)), "{broken:?}");
}
