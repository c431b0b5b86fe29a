/** Whatever a model, a user or a file says, the page shows it as text. */
import { describe, expect, it } from "vitest";
import type { Overview } from "../src/model.ts";
import { Viewer } from "../src/viewer.ts";
import { Panel } from "../src/views/panel.tsx";
import type { CallWire, Detail, Json, ValueWire } from "../src/wire.ts";
import { click, doing, show } from "./screen.ts";
import { FakeSource, failed, overview } from "./story.ts";

const TAGS = [
  "<script>hit()</script>",
  "<img src=x onerror=hit()>",
  "<svg onload=hit()>",
  "<svg><script>hit()</script></svg>",
  "<iframe srcdoc='<script>hit()</script>'></iframe>",
  "<body onload=hit()>",
  "<a href='javascript:hit()'>x</a>",
  "<details open ontoggle=hit()>",
  "<input autofocus onfocus=hit()>",
  "<math><mi xlink:href='javascript:hit()'>",
  "<object data='javascript:hit()'></object>",
  "<embed src='javascript:hit()'>",
  "<style>@import 'http://127.0.0.1:1/x'</style>",
  "<link rel=stylesheet href='http://127.0.0.1:1/x'>",
  "<meta http-equiv=refresh content='0;url=javascript:hit()'>",
  "<base href='http://127.0.0.1:1/'>",
  "<form action='javascript:hit()'><button>x</button></form>",
  "<video><source onerror=hit()></video>",
  "<marquee onstart=hit()>x</marquee>",
  "<template><script>hit()</script></template>",
];
const WRAPS: ((tag: string) => string)[] = [
  (tag) => tag,
  (tag) => `"'>${tag}`,
  (tag) => `\`\`\`html\n${tag}\n\`\`\``,
  (tag) => `</script></style></textarea></title>${tag}<!--`,
];
const PAYLOADS = TAGS.flatMap((tag) => WRAPS.map((wrap) => wrap(tag)));

const text = (payload: string): ValueWire => ({ t: "text", text: payload, size: payload.length + 1 });

const values = (payload: string): ValueWire[] => [
  payload,
  text(payload),
  { t: "other", type: payload, text: payload },
  { t: "image", mime: payload, data: payload, size: 1 },
  { t: "image", mime: "image/svg+xml", data: "PHN2Zz48L3N2Zz4=", size: 1 },
  { t: "image", mime: "image/png", data: `x" onerror="hit()`, size: 1 },
  { t: "dict", items: [[payload, payload]], size: 2, type: payload },
  { t: "list", items: [payload], size: 2, type: payload },
];

const chat = (payload: string): ValueWire => ({
  t: "list",
  type: "list",
  size: 2,
  items: ["user", payload].map((role) => ({
    t: "dict",
    size: 3,
    items: [
      ["role", role],
      ["content", payload],
      ["type", payload],
    ],
  })),
});

const call = (payload: string): CallWire => ({
  id: 1,
  endpoint: payload,
  host: payload,
  model: payload,
  messages: values(payload).map((content) => ({ role: payload, content })),
  output: { t: "list", items: values(payload), size: 8, type: payload },
  status: 500,
  error: payload,
  ms: 1,
  firstMs: 1,
  tokensIn: 1,
  tokensOut: 1,
  cost: null,
  replayed: true,
  streamed: true,
});

function hostileDetail(payload: string, run: string, seq: number | null): Detail {
  const decision = {
    source: payload,
    target: payload,
    checks: [
      {
        target: payload,
        condition: payload,
        operands: [[payload, payload]] as [string, string][],
        result: true,
      },
    ],
    flip: payload,
  };
  const items: [string, ValueWire][] = values(payload).map((value, i) => [`${payload}${i}`, value]);
  return {
    ...failed(),
    run,
    seq,
    action: payload,
    state: { t: "dict", items: [...items, ["chat", chat(payload)]], size: 9 },
    diff: values(payload).map((value, i) => ({
      path: `${payload}[${i}]`,
      kind: "changed",
      before: value,
      after: value,
    })),
    decision,
    next: decision,
    calls: [call(payload)],
    code: { id: payload, source: payload, now: `${payload} ` },
    error: { type: payload, message: payload, traceback: payload },
  };
}

const KEPT = new Set(["id", "run", "parent", "status", "kind", "path", "head"]);

function spoilt(value: Json, payload: string): Json {
  if (typeof value === "string") return payload;
  if (Array.isArray(value)) return value.map((item) => spoilt(item, payload));
  if (value === null || typeof value !== "object") return value;
  const entries = Object.entries(value);
  return Object.fromEntries(entries.map(([k, v]) => [k, KEPT.has(k) ? v : spoilt(v, payload)]));
}

/** The fixture with every text of it replaced, but for what names steps and runs. */
const hostileOverview = (payload: string): Overview =>
  spoilt(overview() as unknown as Json, payload) as unknown as Overview;

const ACTIVE = "script, iframe, object, embed, link, style, meta, base, a, video, audio, form";
const RUNS = /^(on.*|href|xlink:href|srcdoc|action|formaction)$/i;

const isDanger = ({ name, value }: Attr): boolean =>
  RUNS.test(name) || (name === "src" && !value.startsWith("data:image/"));

/** What in a page could run code or load something. */
function dangers(at: HTMLElement): string[] {
  const elements = [...at.querySelectorAll(ACTIVE)].map((el) => el.tagName);
  const attributes = [...at.querySelectorAll("*")].flatMap((el) => [...el.attributes].filter(isDanger));
  return [...elements, ...attributes.map((one) => `${one.name}=${one.value}`)];
}

describe("hostile text", () => {
  it.each(PAYLOADS)("is text in every view: %s", async (payload) => {
    const source = new FakeSource();
    const shown = hostileOverview(payload);
    const { run, seq } = { run: shown.run, seq: 10 };
    source.replies.detail = { detail: hostileDetail(payload, run, seq) };
    source.replies.retry = { error: payload };
    const viewer = new Viewer(source, shown);
    const at = show(<Panel viewer={viewer} />);
    await doing(() => viewer.goOn("retry"));
    for (const tab of ["Error", "State", "Diff", "Calls", "Why", "Code"]) {
      await click(at, "tab", tab);
      expect(at.textContent).toContain(payload.trim().split("\n").at(1) ?? payload);
      expect(dangers(at)).toEqual([]);
    }
  });

  it("is text in a graph that could not be laid out", () => {
    const shown = hostileOverview(TAGS[0] ?? "");
    shown.graph.laidOut = false;
    expect(dangers(show(<Panel viewer={new Viewer(new FakeSource(), shown)} />))).toEqual([]);
  });
});
