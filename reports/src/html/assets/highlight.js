// Programs with their words in colour: enough of Python and C++ to read them, whatever else they contain.

proctor.languages = {
  python: {
    words: "False None True and as assert async await break class continue def del elif else except finally for from global if import in is lambda match nonlocal not or pass raise return try while with yield",
    tokens: /(#[^\n]*)|("""[\s\S]*?(?:"""|$)|'''[\s\S]*?(?:'''|$)|[rbfuRBFU]{0,2}"(?:[^"\\\n]|\\.)*"?|[rbfuRBFU]{0,2}'(?:[^'\\\n]|\\.)*'?)|(\b\d[\w.]*)|([A-Za-z_]\w*)/g,
  },
  cpp: {
    words: "alignas auto bool break case catch char class const constexpr continue default delete do double else enum explicit extern false float for friend if inline int long namespace new noexcept nullptr operator private protected public return short signed sizeof static struct switch template this throw true try typedef typename union unsigned using virtual void volatile while",
    tokens: /(\/\/[^\n]*|\/\*[\s\S]*?(?:\*\/|$)|^[ \t]*#[^\n]*)|("(?:[^"\\\n]|\\.)*"?|'(?:[^'\\\n]|\\.)*'?)|(\b\d[\w.']*)|([A-Za-z_]\w*)/gm,
  },
};
for (const language of Object.values(proctor.languages)) language.words = new Set(language.words.split(" "));

// The language a text is a program of, as far as one can tell.
proctor.languageOf = text => {
  const head = text.slice(0, 20000);
  if (/^\s*#\s*include\b|\busing namespace\b|\bint main\s*\(/m.test(head)) return "cpp";
  if (/^\s*(def |class |import |from \S+ import |assert |print\(|for .*:\s*$|if .*:\s*$)/m.test(head)) return "python";
  return undefined;
};

// A text with the programs in it, between lines of three backticks, in colour.
proctor.fenced = text => {
  const fragment = document.createDocumentFragment();
  let at = 0;
  for (const match of text.matchAll(/^[ \t]*```[ \t]*([\w+#-]*)[^\n]*\n([\s\S]*?)(?:^[ \t]*```[ \t]*$|$(?![\s\S]))/gm)) {
    const [whole, tag, program] = match;
    const start = match.index + whole.indexOf("\n") + 1;
    fragment.append(proctor.visible(text.slice(at, start)));
    const language = /^(py|python\d*)$/i.test(tag) ? "python" : /^(c|cc|cpp|c\+\+|cxx)$/i.test(tag) ? "cpp" : proctor.languageOf(program);
    fragment.append(proctor.program(program, language));
    at = start + program.length;
  }
  fragment.append(proctor.visible(text.slice(at)));
  return fragment;
};

proctor.program = (text, language) => {
  const rules = proctor.languages[language];
  if (!rules || text.length > 200000) return proctor.visible(text);
  const fragment = document.createDocumentFragment();
  const colour = (kind, part) => fragment.append(proctor.make("span", { class: kind }, proctor.visible(part)));
  let at = 0;
  let before = "";
  for (const match of text.matchAll(rules.tokens)) {
    const [part, comment, string, number, word] = match;
    fragment.append(proctor.visible(text.slice(at, match.index)));
    at = match.index + part.length;
    if (comment !== undefined) colour("c", part);
    else if (string !== undefined) colour("s", part);
    else if (number !== undefined) colour("n", part);
    else if (rules.words.has(word)) colour("k", part);
    else if (before === "def" || before === "class" || before === "struct") colour("d", part);
    else fragment.append(part);
    before = word ?? "";
  }
  fragment.append(proctor.visible(text.slice(at)));
  return fragment;
};
