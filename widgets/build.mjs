// Bundles the panel into the Python package and refuses a bundle that has grown too big.
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { build, context } from "esbuild";

const LIMIT = 40_000;
// Names that only our own objects and components have: no element, no host and no message knows them.
const OWN =
  /^(on[A-Z].*|asked|atHead|camera|cells|drawer|folded|following|hues|lanes|looks|points?|queued|streaming|viewer|visits|waiting)$/;
const EVENTS = /^on(Blur|Change|Click|Focus|Input|KeyDown|Pointer|Submit|Toggle|Wheel)/;
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
  jsx: "transform",
  jsxFactory: "h",
  jsxFragment: "Fragment",
  inject: ["src/jsx.ts"],
  tsconfigRaw: "{}",
  mangleProps: OWN,
  reserveProps: EVENTS,
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
    gzipSync(readFileSync(join(out, name)), { level: 9 }).length,
  ]);
  const total = sizes.reduce((sum, [, size]) => sum + size, 0);
  process.stdout.write(
    `${sizes.map(([name, size]) => `${name} ${size} B`).join(", ")}: ${total} B gzipped\n`,
  );
  if (total > LIMIT) throw new Error(`The bundle is ${total} bytes gzipped, more than ${LIMIT}.`);
}
