//! Two programs joined by pipes.

use crate::wasi::DEADLOCK;
use crate::{Sandbox, conversation};
use proctor_core::{Execution, Interaction, Program, Raised, Verdict};

impl Sandbox {
    /// Runs two programs, each one's output being the other's input; each has limits of its own. Where each waits for the
    /// other, `program` ends with a runtime error of kind `Deadlock`, and `interactor` reads to the end.
    pub fn interact(&self, program: &Program, interactor: &Program) -> Interaction {
        // What a first run prepares is no part of the conversation.
        self.warm(program);
        self.warm(interactor);
        let (first, second) = conversation::sides();
        let joined = |program: &Program, side| {
            conversation::join_next(side);
            let execution = self.run(program);
            // Where it never started, it leaves all the same.
            drop(conversation::take_next());
            execution
        };
        std::thread::scope(|scope| {
            let other = scope.spawn(|| joined(interactor, second));
            let program = told(joined(program, first));
            let interactor = other.join().unwrap_or_else(|_| crate::sandbox::failed_with("a thread of the sandbox ended early"));
            Interaction { program, interactor: told(interactor) }
        })
    }
}

/// The execution with the kind of what ended it, where that was waiting.
fn told(mut execution: Execution) -> Execution {
    if execution.raised.as_ref().is_some_and(|raised| raised.message.contains(DEADLOCK)) {
        execution.verdict = Verdict::RuntimeError;
        execution.raised = Some(Raised { kind: "Deadlock".to_string(), message: DEADLOCK.to_string() });
    }
    execution
}
