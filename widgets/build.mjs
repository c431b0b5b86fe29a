// Bundles the panel, and the grid of forks, into the Python package; refuses bundles that have grown too big.
import { readFileSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { build, context } from "esbuild";
import { minify } from "terser";

const LIMIT = 40 * 1024;
/** What elements hear, which is called so by others; every other `onThis` is between our own parts. */
const EVENTS = "Blur|Change|Click|Focus\\w*|Input|Key\\w+|Mouse\\w+|Pointer\\w+|Scroll|Submit|Toggle|Wheel";
/** Getters of ours do nothing but get, and what begins with _ is known to Preact alone. */
const SMALLER = {
  module: true,
  ecma: 2020,
  compress: { passes: 3, pure_getters: true, unsafe: true, unsafe_arrows: true },
  mangle: { properties: { regex: new RegExp(`^_|^on(?!(${EVENTS})$)[A-Z]`) } },
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
  await Promise.all([build(panel), build(grid)]);
  const total = (await weigh("panel")) + (await weigh("grid"));
  if (total > LIMIT) throw new Error(`The bundles are ${total} bytes gzipped, more than ${LIMIT}.`);
}

/** Makes a script and its style smaller still, since every cell's output carries them, and returns what they weigh. */
async function weigh(name) {
  const paths = [join(out, `${name}.js`), join(out, `${name}.css`)];
  const [script, style] = paths.map((path) => readFileSync(path, "utf8"));
  const made = shortened((await minify(script, SMALLER)).code, style);
  const sizes = made.map((text) => gzipSync(text, { level: 9 }).length);
  for (const [n, path] of paths.entries()) {
    writeFileSync(path, made[n]);
    process.stdout.write(`${basename(path)} ${sizes[n]} B gzipped\n`);
  }
  return sizes.reduce((sum, size) => sum + size, 0);
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
  const short = (name) => (places.has(name) ? name.replace(/na-.*/, `na-${places.get(name)}`) : name);
  return [script, style].map((text) => text.replace(NAMES, short));
}
