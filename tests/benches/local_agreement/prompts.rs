//! Prompts of many kinds, to compare answers token by token.

use proctor_core::{Message, Role};
use proctor_models::candle::ChatTemplate;

const QUESTIONS: [&str; 22] = [
    "What is the capital of Kazakhstan?",
    "Explain photosynthesis to a child in three sentences.",
    "Write a Python function that returns the n-th Fibonacci number.",
    "Solve 3x + 7 = 22 step by step.",
    "Give me five ideas for a birthday party.",
    "Translate 'good morning' into French, German and Turkish.",
    "Who wrote War and Peace, and when?",
    "Write a C++ program that reads two integers and prints their sum.",
    "What is the difference between a list and a tuple in Python?",
    "Summarise the plot of Romeo and Juliet.",
    "List the planets of the solar system in order.",
    "Қазақстанның астанасы қай қала?",
    "Türkiye'nin en büyük gölü hangisidir?",
    "Почему небо голубое?",
    "中国最长的河流是什么?",
    "ما هي عاصمة مصر؟",
    "日本で一番高い山は何ですか?",
    "Two players choose A or B. Both get 3 for A/A, 1 for B/B, and 0 else. Name all pure Nash equilibria.",
    "Answer with A, B, C or D only. Which gas do plants take in? A) oxygen B) carbon dioxide C) helium D) argon",
    "Write a haiku about rain. 🌧️",
    "Fix this code: for i in range(10) print(i)",
    "What does the HTTP status 429 mean, and what should a client do?",
];

const BEGINNINGS: [&str; 20] = [
    "Once upon a time",
    "def quicksort(items):\n    ",
    "#include <iostream>\nint main() {\n",
    "The three laws of thermodynamics are",
    "{\"name\": \"Ada\", \"age\": ",
    "SELECT name, count(*) FROM",
    "1, 1, 2, 3, 5, 8, ",
    "fn main() {\n    let numbers = vec![",
    "<html>\n<head>\n",
    "In 1969, ",
    "Dear Sir or Madam,\n\n",
    "Bir varmış, bir yokmuş",
    "Жил-был старик со старухой",
    "La capitale de la France est",
    "Question: What is 12 * 12?\nAnswer:",
    "\\begin{theorem}\nLet $G$ be a group.",
    "class Stack:\n    def __init__(self):\n        self.items = []\n\n    def push(self, item):\n",
    "Ingredients:\n- 2 eggs\n- ",
    "x",
    "       \n\n\t",
];

/// Sixty texts: chats as the model's template writes them, raw beginnings, and both behind long contexts.
pub fn prompts(template: Option<&ChatTemplate>) -> Vec<String> {
    let chat = |system: Option<&str>, text: &str| {
        let mut messages: Vec<Message> = system.map(|text| Message::new(Role::System, text)).into_iter().collect();
        messages.push(Message::new(Role::User, text));
        template.and_then(|template| template.render(&messages).ok()).unwrap_or_else(|| format!("Q: {text}\nA:"))
    };
    let mut prompts: Vec<String> = QUESTIONS.iter().map(|text| chat(None, text)).collect();
    prompts.extend(BEGINNINGS.map(str::to_owned));
    for (index, question) in QUESTIONS.iter().take(9).enumerate() {
        let facts: String =
            (0..20 + 12 * index).map(|i| format!("Fact {i}: town {} has {} people.\n", i * 7 % 26, i * 131)).collect();
        prompts.push(chat(Some("Be brief."), &format!("{facts}\n{question}")));
    }
    for (index, beginning) in BEGINNINGS.iter().take(9).enumerate() {
        let context = include_str!("../../../docs/models.md");
        let end = context.char_indices().nth(400 + 500 * index).map_or(context.len(), |(at, _)| at);
        prompts.push(format!("{}\n\n{beginning}", &context[..end]));
    }
    prompts
}
