// Bundles the panel, and the grid of forks, into the Python package; refuses bundles that have grown too big.
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { build, context } from "esbuild";
import { minify } from "terser";

const LIMIT = 40 * 1024;
/** Classes that are looked for from outside the bundle, which keep their names. */
const KEPT = new Set(["na-panel", "na-live", "na-pill", "na-grid", "na-grid-live"]);
const NAMES = /(?<![\w-])(?:--)?na-[\w-]*/g;
const here = dirname(fileURLToPath(import.meta.url));
const out = join(here, "..", "notebook_agent", "static");
/** Getters of ours do nothing but get. */
const SMALLER = {
  module: true,
  ecma: 2020,
  compress: {
    passes: 3,
    pure_getters: true,
    unsafe: true,
    unsafe_arrows: true,
    lhs_constants: false,
    inline: 1,
    unsafe_math: true,
  },
  mangle: { properties: { regex: /^_|^[a-z]\w+$/, reserved: othersNames() } },
};
const shared = {
  absWorkingDir: here,
  outdir: out,
  bundle: true,
  format: "esm",
  target: "es2022",
  tsconfigRaw: "{}",
  legalComments: "none",
  charset: "utf8",
  minify: true,
  logLevel: "warning",
};
const panel = {
  ...shared,
  entryPoints: [
    { in: "src/main.ts", out: "panel" },
    { in: "src/style.css", out: "panel" },
  ],
  jsx: "transform",
  jsxFactory: "h",
  jsxFragment: "Fragment",
  inject: ["src/jsx.ts"],
};
const grid = {
  ...shared,
  entryPoints: [
    { in: "src/grid.ts", out: "grid" },
    { in: "src/grid.css", out: "grid" },
  ],
};

if (process.argv.includes("--watch")) {
  for (const each of [panel, grid]) await (await context({ ...each, logLevel: "info" })).watch();
} else {
  const made = (await Promise.all([panel, grid].map(bundled))).flat();
  const total = made.reduce((sum, { text }) => sum + weight(text), 0);
  if (total > LIMIT) throw new Error(`The bundles are ${total} bytes gzipped, more than ${LIMIT}.`);
  for (const { path, text } of made) {
    writeFileSync(path, text);
    process.stdout.write(`${basename(path)} ${weight(text)} B gzipped\n`);
  }
}

/**
 * What is called so by others, and keeps its name: all that a message, a host or an element may have. A name
 * that is known only as the script runs comes of a message, or stands in quotes, or is a key's, with a capital.
 */
function othersNames() {
  const read = (folder, ending) =>
    readdirSync(join(here, folder), { recursive: true })
      .filter((name) => ending.test(name))
      .map((name) => readFileSync(join(here, folder, name), "utf8"))
      .join("\n")
      .replace(/\/\*.*?\*\//gs, "");
  const quoted = (read("src", /\.tsx?$/) + read("node_modules/preact", /\.mjs$/)).match(/"\w+"/g);
  const named = [read("src/wire", /\.ts$/), read("node_modules/preact/src", /(dom|jsx)\.d\.ts$/), ...quoted];
  return [...new Set(named.join("\n").match(/[a-z]\w+/g))];
}

function weight(text) {
  return gzipSync(text, { level: 9 }).length;
}

/** Makes a script and its style, smaller still, since every cell's output carries them. */
async function bundled(options) {
  const { outputFiles } = await build({ ...options, write: false });
  const [script, style] = [".js", ".css"].map((end) => outputFiles.find(({ path }) => path.endsWith(end)));
  const made = shortened((await minify(script.text, SMALLER)).code, style.text);
  return [script, style].map(({ path }, n) => ({ path, text: made[n] }));
}

/** Shortens what classes and custom properties are called; of a name put together as it is drawn, its beginning. */
function shortened(script, style) {
  const drawn = new Set(script.match(NAMES));
  const begun = [...drawn].filter((name) => name.endsWith("-"));
  const partOf = (name) => begun.find((begin) => name.startsWith(begin)) ?? name;
  const isShort = (name) => name.startsWith("--") || (drawn.has(name) && !KEPT.has(name));
  const named = [...new Set(style.match(NAMES)?.map(partOf))].filter(isShort);
  const places = new Map(named.map((name, i) => [name, name.replace(/na-.*?(?=-?$)/, lettersOf(i))]));
  const short = (name) => (places.get(partOf(name)) ?? partOf(name)) + name.slice(partOf(name).length);
  return [script, style.replace(/([,:]) /g, "$1")].map((text) => text.replace(NAMES, short));
}

/** Counts by letters: a to z, aa to zz. */
function lettersOf(n) {
  return (n < 26 ? "" : lettersOf(Math.floor(n / 26) - 1)) + (10 + (n % 26)).toString(36);
}
