// The page's data: JSON, compressed and in base64, each part in an element of its own that is read when it is needed.

proctor.bytes = text => {
  if (Uint8Array.fromBase64) return Uint8Array.fromBase64(text);
  const binary = atob(text);
  const bytes = new Uint8Array(binary.length);
  for (let i = 0; i < binary.length; i += 1) bytes[i] = binary.charCodeAt(i);
  return bytes;
};

proctor.parts = new Map();

// The part called `id`; nothing where the page has none. Parts that were read last are kept.
proctor.part = id => {
  if (proctor.parts.has(id)) return proctor.parts.get(id);
  const element = document.getElementById(id);
  if (!element) return Promise.resolve(undefined);
  const stream = new Blob([proctor.bytes(element.textContent)]).stream().pipeThrough(new DecompressionStream("deflate-raw"));
  const part = new Response(stream).text().then(JSON.parse);
  if (proctor.parts.size > 24) {
    const oldest = [...proctor.parts.keys()].find(key => /^data-\d+$/.test(key));
    proctor.parts.delete(oldest);
  }
  proctor.parts.set(id, part);
  return part;
};

// The texts a chunk refers to. A reference is a place in the chunk, a place in another, a part of a text, or several.
proctor.resolve = async (reference, chunk, number, depth = 0) => {
  if (typeof reference === "string" || depth > 8) return String(reference);
  if (typeof reference === "number") return chunk.texts[reference % 8]?.[Math.floor(reference / 8)] ?? "";
  if (Array.isArray(reference)) {
    const [other, place] = reference;
    if (other === number) return proctor.resolve(place, chunk, number, depth + 1);
    const there = await proctor.part(`data-${other}`);
    return there ? proctor.resolve(place, there, other, depth + 1) : "";
  }
  if (reference?.of !== undefined) {
    const whole = await proctor.resolve(reference.of, chunk, number, depth + 1);
    return whole.slice(reference.from, reference.to);
  }
  const parts = await Promise.all((reference?.all ?? []).map(part => proctor.resolve(part, chunk, number, depth + 1)));
  return parts.join("");
};

// Document `index` of chunk `number` with its texts.
proctor.documentOf = async (number, index) => {
  const chunk = await proctor.part(`data-${number}`);
  const source = chunk?.documents?.[index];
  if (!source) return undefined;
  const text = async held => held && { t: await proctor.resolve(held.t, chunk, number), n: held.n };
  const blocks = list => Promise.all(list.map(async block => ({ title: block.title, text: await text(block.text) })));
  const turns = source.turns.map(async turn => ({
    prompt: await blocks(turn.prompt),
    reasoning: await text(turn.reasoning),
    answer: await text(turn.answer),
    facts: turn.facts,
  }));
  return {
    error: await text(source.error),
    turns: await Promise.all(turns),
    answer: await text(source.answer),
    extracted: await text(source.extracted),
    explanation: await text(source.explanation),
    evidence: await blocks(source.evidence),
    facts: source.facts,
  };
};
