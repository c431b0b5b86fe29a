// Bundles the panel, and the grid of forks, into the Python package; refuses bundles that have grown too big.
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { build, context } from "esbuild";
import { minify } from "terser";

const LIMIT = 40 * 1024;
/** What elements hear, which is called so by others; every other `onThis` is between our own parts. */
const EVENTS = "Blur|Change|Click|Focus\\w*|Input|Key\\w+|Mouse\\w+|Pointer\\w+|Scroll|Submit|Toggle|Wheel";
/** What Preact alone knows of, besides what begins with _: no part of ours is a class. */
const PREACT =
  "component[DW]\\w+|shouldComponentUpdate|get(Derived|Snapshot|Child)\\w+|contextType|debounceRendering|defaultProps|diffed|forceUpdate|props|setState|unmount|vnode|Consumer|Provider";
/** Names between our own parts; `check` sees to it that no message has them. */
const OURS =
  "atHead|breakAt|brief|broken|bubble|bubbles|busy|camera|changes|choose|depth|drawer|drawn|expanded|exportPage|folded|following|freshFrom|handlers|hues|icon|inView|isText|lane|lanes|late|limits|lines|listRuns|listed|looks|moveToSeq|moved|nameOf|noun|original|pieces|point|points|primary|scale|showNewer|shown|streaming|switchTo|tabbed|turned|viewer|visits|waiting";
/** Getters of ours do nothing but get. */
const SMALLER = {
  module: true,
  ecma: 2020,
  compress: { passes: 3, pure_getters: true, unsafe: true, unsafe_arrows: true },
  mangle: { properties: { regex: new RegExp(`^_|^on(?!(${EVENTS})$)[A-Z]|^(${PREACT}|${OURS})$`) } },
};
/** Classes that are looked for from outside the bundle, which keep their names. */
const KEPT = new Set(["na-panel", "na-live", "na-pill", "na-grid", "na-grid-live"]);
const NAMES = /(?<![\w-])(?:--)?na-[\w-]*/g;
const here = dirname(fileURLToPath(import.meta.url));
const out = join(here, "..", "notebook_agent", "static");
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
  check();
  const made = (await Promise.all([panel, grid].map(bundled))).flat();
  const total = made.reduce((sum, { text }) => sum + weight(text), 0);
  if (total > LIMIT) throw new Error(`The bundles are ${total} bytes gzipped, more than ${LIMIT}.`);
  for (const { path, text } of made) {
    writeFileSync(path, text);
    process.stdout.write(`${basename(path)} ${weight(text)} B gzipped\n`);
  }
}

/** Refuses names of ours that a message has as well. */
function check() {
  const wire = readdirSync(join(here, "src", "wire")).map((name) => join("wire", name));
  const said = [...wire, "grid.ts"].map((name) => readFileSync(join(here, "src", name), "utf8"));
  const both = said.join().match(new RegExp(`\\b(${OURS})\\??:`));
  if (both)
    throw new Error(`${both[1]} is in a message, so build.mjs cannot shorten it: take it out of OURS.`);
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

/** Shortens what classes and custom properties are called, but for classes whose name is put together as they are drawn. */
function shortened(script, style) {
  const drawn = new Set(script.match(NAMES));
  const begun = [...drawn].filter((name) => name.endsWith("-"));
  const isShort = (name) =>
    name.startsWith("--") ||
    (drawn.has(name) && !KEPT.has(name) && !begun.some((begin) => name.startsWith(begin)));
  const places = new Map(
    [...new Set(style.match(NAMES))].filter(isShort).map((name, i) => [name, i.toString(36)]),
  );
  const short = (name) => (places.has(name) ? name.replace(/na-.*/, `n${places.get(name)}`) : name);
  return [script, style].map((text) => text.replace(NAMES, short));
}
