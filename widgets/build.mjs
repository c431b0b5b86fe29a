// Bundles the panel, and the grid of forks, into the Python package; refuses bundles that have grown too big.
import { readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { build, context } from "esbuild";
import { minify } from "terser";

const LIMIT = 40 * 1024;
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

/** Minifies a script once more, since every cell's output carries it, and returns what it and its style weigh. */
async function weigh(name) {
  const script = join(out, `${name}.js`);
  const options = { module: true, ecma: 2020, compress: { passes: 3 } };
  writeFileSync(script, (await minify(readFileSync(script, "utf8"), options)).code);
  const files = [`${name}.js`, `${name}.css`];
  const sizes = files.map((file) => gzipSync(readFileSync(join(out, file)), { level: 9 }).length);
  process.stdout.write(`${files.map((file, n) => `${file} ${sizes[n]} B`).join(", ")} gzipped\n`);
  return sizes.reduce((sum, size) => sum + size, 0);
}
