// Bundles the panel, and the grid of forks, into the Python package; refuses a bundle that has grown too big.
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { build, context } from "esbuild";

/** Gzipped bytes of what travels with one widget. */
const LIMITS = { panel: 40_000, grid: 2_500 };
// Names that only our own objects and components have: no element, no host and no message knows them.
const OWN =
  /^(on[A-Z].*|asked|atHead|camera|cells|drawer|folded|following|hues|lanes|looks|points?|queued|streaming|viewer|visits|waiting)$/;
const EVENTS = /^on(Blur|Change|Click|Focus|Input|KeyDown|Pointer|Submit|Toggle|Wheel)/;
const here = dirname(fileURLToPath(import.meta.url));
const out = join(here, "..", "notebook_agent", "static");
const options = {
  absWorkingDir: here,
  outdir: out,
  bundle: true,
  format: "esm",
  target: "es2022",
  legalComments: "none",
  charset: "utf8",
  minify: true,
  logLevel: "warning",
};
const bundles = [
  {
    entryPoints: [
      { in: "src/main.ts", out: "panel" },
      { in: "src/style.css", out: "panel" },
    ],
    jsx: "transform",
    jsxFactory: "h",
    jsxFragment: "Fragment",
    inject: ["src/jsx.ts"],
    tsconfigRaw: "{}",
    mangleProps: OWN,
    reserveProps: EVENTS,
  },
  {
    entryPoints: [
      { in: "src/grid.ts", out: "grid" },
      { in: "src/grid.css", out: "grid" },
    ],
  },
].map((bundle) => ({ ...options, ...bundle }));

if (process.argv.includes("--watch")) {
  for (const bundle of bundles) await (await context({ ...bundle, logLevel: "info" })).watch();
} else {
  for (const bundle of bundles) await build(bundle);
  for (const [name, limit] of Object.entries(LIMITS)) weigh(name, limit);
}

function weigh(name, limit) {
  const files = [`${name}.js`, `${name}.css`];
  const sizes = files.map((file) => gzipSync(readFileSync(join(out, file)), { level: 9 }).length);
  const total = sizes.reduce((sum, size) => sum + size, 0);
  const told = files.map((file, n) => `${file} ${sizes[n]} B`).join(", ");
  process.stdout.write(`${told}: ${total} B gzipped\n`);
  if (total > limit)
    throw new Error(`The bundle of the ${name} is ${total} bytes gzipped, more than ${limit}.`);
}
