/** Splits code into coloured pieces; the text itself is never changed. */

export type Kind = "comment" | "string" | "number" | "keyword" | "name" | "decorator" | "plain";

export interface Piece {
  kind: Kind;
  text: string;
}

const KEYWORDS = new Set(
  (
    "and as assert async await break case class continue def del elif else except finally for from global if " +
    "import in is lambda match nonlocal not or pass raise return try while with yield True False None " +
    "const let var function new public private static void throw catch switch this null true false"
  ).split(" "),
);

const STRINGS =
  /(?<string>[rbfuRBFU]{0,2}(?:(?<triple>"""|''').*?(?:\k<triple>|(?!.))|(?<quote>["'])(?:\\.|(?!\k<quote>)[^\\\n])*\k<quote>?))/s;
const REST =
  /(?<decorator>^[ \t]*@[\w.]+)|(?<number>\b\d[\w.]*)|(?<word>[A-Za-z_]\w*)|(?<plain>[^\w"'#/@]+|.)/s;
const HASH = /(?<comment>#[^\n]*)/;
const SLASH = /(?<comment>\/\/[^\n]*|\/\*.*?(?:\*\/|(?!.)))/s;
const BY_HASH = new Set(["", "python", "py", "python3", "sh", "bash", "shell", "ruby", "yaml", "toml"]);

const join = (...parts: RegExp[]): RegExp => new RegExp(parts.map((part) => part.source).join("|"), "gmsu");
const PYTHON = join(HASH, STRINGS, REST);
const OTHER = join(SLASH, STRINGS, REST);

function wordKind(word: string, before: string): Kind {
  if (before === "def" || before === "class") return "name";
  return KEYWORDS.has(word) ? "keyword" : "plain";
}

type Group = Kind | "word";

const groupOf = (match: RegExpExecArray): Group =>
  (Object.entries(match.groups ?? {}).find(([, found]) => found !== undefined)?.[0] ?? "plain") as Group;

function add(pieces: Piece[], piece: Piece): void {
  const last = pieces.at(-1);
  if (last?.kind === piece.kind) last.text += piece.text;
  else pieces.push(piece);
}

/** The pieces of a source, in order; joined they are the source again. */
export function highlighted(source: string, language = "python"): Piece[] {
  const pieces: Piece[] = [];
  let before = "";
  for (const match of source.matchAll(BY_HASH.has(language.toLowerCase()) ? PYTHON : OTHER)) {
    const [text] = match;
    const group = groupOf(match);
    add(pieces, { kind: group === "word" ? wordKind(text, before) : group, text });
    if (group === "word") before = text;
  }
  return pieces;
}

/** The pieces line by line; the line breaks are left out. */
export function linesOf(pieces: Piece[]): Piece[][] {
  const lines: Piece[][] = [[]];
  for (const { kind, text } of pieces) {
    const [first, ...others] = text.split("\n").map((part) => ({ kind, text: part }));
    if (first) lines.at(-1)?.push(first);
    lines.push(...others.map((part) => [part]));
  }
  return lines;
}

export interface Passage {
  code: boolean;
  language: string;
  text: string;
}

const FENCE = /^```([^\n`]*)\n([\s\S]*?)(?:\n?^```[ \t]*$|$(?![\s\S]))/gm;

/** A message's text, its fenced code apart from the rest. */
export function passages(text: string): Passage[] {
  const found: Passage[] = [];
  let end = 0;
  for (const match of text.matchAll(FENCE)) {
    found.push({ code: false, language: "", text: text.slice(end, match.index).trim() });
    found.push({ code: true, language: (match[1] ?? "").trim(), text: match[2] ?? "" });
    end = match.index + match[0].length;
  }
  found.push({ code: false, language: "", text: text.slice(end).trim() });
  return found.filter((passage) => passage.code || passage.text !== "");
}
