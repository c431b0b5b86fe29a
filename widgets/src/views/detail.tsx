import type { ComponentChildren } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import type { Detail } from "../wire.ts";
import { Link } from "./buttons.tsx";
import { CodeView } from "./code.tsx";
import { ErrorView } from "./failure.tsx";
import { Nothing } from "./nothing.tsx";
import { keepInSight } from "./sight.ts";
import { type StateProps, StateView } from "./state.tsx";
import { CallsView, DiffView, WhyView } from "./tabs.tsx";

const TABS = ["State", "Diff", "Calls", "Why", "Code", "Error"] as const;
type Tab = (typeof TABS)[number] | "Chat";

export interface DetailProps extends Pick<StateProps, "edits" | "onEdit" | "streaming"> {
  detail: Detail | null;
  /** Whether `detail` is still that of the place looked at before. */
  late: boolean;
  /** Why nothing is known of the step, where that is said. */
  error: string;
  /** Asks for what was left out; missing where that cannot be done. */
  onWhole: (() => void) | undefined;
  /** The chat on the run, where one can be had; its tab is the last. */
  chat?: ComponentChildren;
  /** Who wrote a value, where that was asked; it stands below the tabs. */
  blame?: ComponentChildren;
  /** Prefix that makes element ids unique on the page. */
  id: string;
}

/** What only a step has. */
const BY_STEPS = new Set<Tab>(["Diff", "Calls", "Code", "Error"]);
const WITH_CHAT = [...TABS, "Chat"] as const;

const badge = (tab: Tab, detail: Detail): number => {
  if (tab === "Diff") return detail.diff.length;
  return tab === "Calls" ? detail.calls.length + (detail.moreCalls ?? 0) : 0;
};

function Content({
  tab,
  detail,
  ...state
}: { tab: Tab; detail: Detail } & Omit<DetailProps, "late" | "error" | "id" | "onWhole" | "chat" | "blame">) {
  switch (tab) {
    case "Diff":
      return <DiffView diff={detail.diff} />;
    case "Calls":
      return <CallsView {...detail} />;
    case "Why":
      return <WhyView action={detail.action} decision={detail.decision} next={detail.next} />;
    case "Code":
      return <CodeView code={detail.code} />;
    case "Error":
      return <ErrorView error={detail.error} />;
    default:
      return <StateView state={detail.state} diff={detail.diff} {...state} />;
  }
}

const MOVES: Record<string, (i: number) => number> = {
  ArrowRight: (i) => i + 1,
  ArrowLeft: (i) => i - 1,
  Home: () => 0,
  End: () => -1,
};

interface StripProps {
  tabs: readonly Tab[];
  tab: Tab;
  detail: Detail | null;
  id: string;
  onTab: (tab: Tab) => void;
}

function Strip({ tabs, tab, detail, id, onTab }: StripProps) {
  const bar = useRef<HTMLDivElement>(null);
  const onKeyDown = (event: KeyboardEvent): void => {
    const to = MOVES[event.key]?.(tabs.indexOf(tab));
    const next = to === undefined ? undefined : tabs.at(to % tabs.length);
    if (next === undefined) return;
    event.preventDefault();
    onTab(next);
    bar.current?.querySelector<HTMLElement>(`[data-tab="${next}"]`)?.focus();
  };
  return (
    <div class="na-tabs" role="tablist" aria-label="Step" ref={bar} onKeyDown={onKeyDown}>
      {tabs.map((name) => {
        const n = detail ? badge(name, detail) : 0;
        return (
          <button
            key={name}
            type="button"
            role="tab"
            id={`${id}-tab-${name}`}
            data-tab={name}
            class={`na-tab ${name === "Error" && detail?.error ? "na-alarm" : ""}`}
            aria-label={name}
            aria-selected={name === tab}
            aria-controls={`${id}-tabpanel`}
            tabIndex={name === tab ? 0 : -1}
            onClick={() => onTab(name)}
          >
            {name}
            {n > 0 && <span class="na-count" data-n={n} />}
          </button>
        );
      })}
    </div>
  );
}

type PaneProps = Omit<DetailProps, "id" | "chat" | "blame"> & { tab: Tab };

/** What a tab says about the step. */
function Pane({ tab, detail, late, error, onWhole, ...state }: PaneProps) {
  if (!detail)
    return <Nothing>{late ? "Loading…" : error || "Nothing is known about this step here."}</Nothing>;
  if (detail.seq === null && BY_STEPS.has(tab)) return <Nothing>No step ran yet.</Nothing>;
  return (
    <>
      {detail.cut && onWhole && (
        <p class="na-note">
          <span>Long texts are cut short here.</span>
          <Link onClick={onWhole}>Show more of them</Link>
        </p>
      )}
      <Content tab={tab} detail={detail} {...state} />
    </>
  );
}

/** What ends that a pane is scrolled by itself. */
const HANDS = ["wheel", "pointerdown", "keydown"];

/** Brings into sight what the step changed, of a chat its last message, also as pictures above it come in. */
function showNews(pane: HTMLElement | null): (() => void) | undefined {
  const news = pane?.querySelector(".na-fresh:last-child") ?? pane?.querySelector(".na-changed");
  if (!pane || !news) return undefined;
  const watcher = new ResizeObserver(() => keepInSight(news, pane));
  const rest = (): void => watcher.disconnect();
  watcher.observe(news.parentElement ?? news);
  for (const hand of HANDS) pane.addEventListener(hand, rest, { once: true });
  return rest;
}

/** Everything about one step, in tabs; the last is the chat on the run, where there is one. */
export function DetailView({ detail, late, id, chat, blame, ...state }: DetailProps) {
  const [chosen, choose] = useState<Tab | null>(null);
  const pane = useRef<HTMLDivElement>(null);
  const tab = chosen ?? (detail?.error ? "Error" : "State");
  useEffect(() => pane.current?.scrollTo(0, 0), [tab]);
  useEffect(() => showNews(pane.current), [detail, tab]);
  return (
    <div class="na-detail">
      <Strip tabs={chat ? WITH_CHAT : TABS} tab={tab} detail={detail} id={id} onTab={choose} />
      <div
        class="na-pane"
        role="tabpanel"
        id={`${id}-tabpanel`}
        aria-labelledby={`${id}-tab-${tab}`}
        aria-busy={late}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
        tabIndex={0}
        ref={pane}
      >
        {tab === "Chat" ? chat : <Pane tab={tab} detail={detail} late={late} {...state} />}
      </div>
      {blame}
    </div>
  );
}
