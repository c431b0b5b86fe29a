// Bundles the panel into the Python package and refuses a bundle that has grown too big.
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { build, context } from "esbuild";

const LIMIT = 40_000;
const here = dirname(fileURLToPath(import.meta.url));
const out = join(here, "..", "notebook_agent", "static");
const options = {
  absWorkingDir: here,
  entryPoints: [
    { in: "src/main.ts", out: "panel" },
    { in: "src/style.css", out: "panel" },
  ],
  outdir: out,
  bundle: true,
  format: "esm",
  target: "es2022",
  jsx: "automatic",
  jsxImportSource: "preact",
  legalComments: "none",
  charset: "utf8",
  minify: true,
  logLevel: "warning",
};

if (process.argv.includes("--watch")) {
  await (await context({ ...options, logLevel: "info" })).watch();
} else {
  await build(options);
  const sizes = ["panel.js", "panel.css"].map((name) => [
    name,
    gzipSync(readFileSync(join(out, name))).length,
  ]);
  const total = sizes.reduce((sum, [, size]) => sum + size, 0);
  process.stdout.write(
    `${sizes.map(([name, size]) => `${name} ${size} B`).join(", ")}: ${total} B gzipped\n`,
  );
  if (total > LIMIT) throw new Error(`The bundle is ${total} bytes gzipped, more than ${LIMIT}.`);
}
