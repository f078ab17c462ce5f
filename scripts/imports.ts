// Finds every import of a TypeScript source: what Bun.Transpiler().scanImports() finds, and the
// imports that are gone after compiling (`import type`, `export type ... from`, `import("x").T`).

export interface Import {
  specifier: string;
  /** Whether the import is gone after compiling. */
  typeOnly: boolean;
  line: number;
}

export interface Token {
  kind: "word" | "string" | "other";
  /** The word, the value of the string, or the punctuation. */
  text: string;
  line: number;
}

/** After these words a slash starts a regular expression; after any other it divides. */
const WORDS_BEFORE_EXPRESSION = new Set(
  "await case delete do else in instanceof new of return throw typeof void yield".split(" "),
);

const TOKEN = new RegExp(
  [
    /(?<space>\s+|\/\/[^\n]*|\/\*[\s\S]*?(?:\*\/|$))/u,
    /(?<word>[\p{ID_Start}$_#][\p{ID_Continue}$\u200c\u200d]*)/u,
    /(?<number>\.?\d(?:[eE][+-]?\d|[\w.])*)/u,
    /(?<string>"(?:[^"\\\n]|\\[\s\S])*"?|'(?:[^'\\\n]|\\[\s\S])*'?)/u,
    /(?<mark>\?\.(?!\d)|=>|\.\.\.|[\s\S])/u,
  ]
    .map((part) => part.source)
    .join("|"),
  "uy",
);
const REGULAR_EXPRESSION = /\/(?:[^/\\[\n]|\\.|\[(?:[^\]\\\n]|\\.)*\])+\/[a-z]*/uy;
const TEMPLATE_CHUNK = /(?:[^`\\$]|\\[\s\S]|\$(?!\{))*(?<end>`|\$\{|$)/uy;

function matchAt(pattern: RegExp, source: string, index: number): RegExpExecArray | null {
  pattern.lastIndex = index;
  return pattern.exec(source);
}

/** Splits a source into tokens, without comments; a template is a string when it has no `${}`. */
export function tokenize(source: string): Token[] {
  const tokens: Token[] = [];
  const braces: ("block" | "template")[] = [];
  let line = 1;
  let index = 0;

  const take = (text: string) => {
    index += text.length;
    for (const character of text) if (character === "\n") line++;
  };
  const startsExpression = () => {
    const last = tokens.at(-1);
    if (last === undefined) return true;
    if (last.kind === "word") return WORDS_BEFORE_EXPRESSION.has(last.text);
    return last.kind === "other" && !/^(?:[)\]}]|\d.*|\.\d.*)$/.test(last.text);
  };
  const template = (opening: boolean) => {
    const start = line;
    const chunk = matchAt(TEMPLATE_CHUNK, source, index);
    const text = chunk?.[0] ?? "";
    const more = chunk?.groups?.end === "${";
    take(text);
    if (more) braces.push("template");
    if (opening && !more) tokens.push({ kind: "string", text: text.slice(0, -1), line: start });
    else tokens.push({ kind: "other", text: more ? "${" : "}", line: start });
  };

  while (index < source.length) {
    const match = matchAt(TOKEN, source, index);
    if (match === null) break;
    const text = match[0];
    const groups = match.groups ?? {};
    const start = line;
    const regularExpression =
      text === "/" && startsExpression() ? matchAt(REGULAR_EXPRESSION, source, index) : null;

    if (regularExpression !== null) {
      take(regularExpression[0]);
      tokens.push({ kind: "other", text: ")", line: start });
      continue;
    }
    take(text);
    if (groups.space !== undefined) continue;
    if (groups.word !== undefined) {
      tokens.push({ kind: "word", text, line: start });
    } else if (groups.string !== undefined) {
      tokens.push({ kind: "string", text: text.slice(1, -1), line: start });
    } else if (text === "`") {
      template(true);
    } else if (text === "}" && braces.pop() === "template") {
      template(false);
    } else {
      if (text === "{") braces.push("block");
      tokens.push({ kind: "other", text, line: start });
    }
  }
  return tokens;
}

/** Every import of the source, in its order. */
export function scanImports(source: string): Import[] {
  const tokens = tokenize(source);
  const imports: Import[] = [];
  // The compiler knows best which import("x") are types; none of those is left in its answer.
  const dynamic = new Set(
    new Bun.Transpiler({ loader: "ts" })
      .scanImports(source)
      .filter((found) => found.kind === "dynamic-import")
      .map((found) => found.path),
  );
  const isMark = (index: number, text: string) =>
    tokens[index]?.kind === "other" && tokens[index].text === text;
  const isWord = (index: number, text: string) =>
    tokens[index]?.kind === "word" && tokens[index].text === text;
  /** The index of the specifier of the clause (`a, { b }`, `* as c`, ...) that starts at `index`. */
  const specifierAfterClause = (start: number) => {
    let depth = 0;
    for (let index = start; index < tokens.length; index++) {
      const token = tokens[index];
      if (isMark(index, "{")) depth++;
      else if (isMark(index, "}")) depth--;
      else if (depth === 0 && isWord(index, "from") && tokens[index + 1]?.kind === "string") {
        return index + 1;
      } else if (token?.kind === "other" && !/^[*,]$/.test(token.text)) return undefined;
    }
    return undefined;
  };
  const add = (index: number | undefined, typeOnly: (specifier: string) => boolean) => {
    const token = index === undefined ? undefined : tokens[index];
    if (token?.kind !== "string") return;
    imports.push({ specifier: token.text, typeOnly: typeOnly(token.text), line: token.line });
  };

  for (const [index, token] of tokens.entries()) {
    if (token.kind !== "word" || isMark(index - 1, ".") || isMark(index - 1, "?.")) continue;
    const next = index + 1;

    if (token.text === "require" && isMark(next, "(")) {
      add(next + 1, () => false);
    } else if (token.text === "import" && isMark(next, "(")) {
      add(next + 1, (specifier) => !dynamic.has(specifier));
    } else if (token.text === "import" && tokens[next]?.kind === "string") {
      add(next, () => false);
    } else if (token.text === "import" || token.text === "export") {
      // `import type from "x"` imports a value that is named type.
      const named = isWord(next + 1, "from") && tokens[next + 2]?.kind === "string";
      const typeOnly = isWord(next, "type") && !named;
      const clause = typeOnly ? next + 1 : next;
      if (token.text === "export" && !isMark(clause, "{") && !isMark(clause, "*")) continue;
      add(specifierAfterClause(clause), () => typeOnly);
    }
  }
  return imports;
}
