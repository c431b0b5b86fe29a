import { Link } from "./buttons.tsx";
import "../visible.ts";
import { useMemo, useState } from "preact/hooks";
import type { Viewer } from "../viewer.ts";
import { visitBefore } from "../visits.ts";
import type { Part } from "../wire.ts";
import { BlameCard } from "./blame.tsx";
import { ChatBox } from "./chatbox.tsx";
import { CompareView } from "./compare.tsx";
import { DetailView } from "./detail.tsx";
import { GraphView } from "./graph.tsx";
import { Header } from "./header.tsx";
import { onHelp } from "./keys.tsx";
import { type Reach, ReachContext } from "./reach.ts";
import { RunsList } from "./runs.tsx";
import { labelIn, type Scene, useScene } from "./scene.ts";
import { TimelineView } from "./timeline.tsx";
import { Toolbar } from "./toolbar.tsx";

const Banner = ({ looks, point, head, move, busy, viewer }: Scene) => (
  <div class="na-banner">
    <span>
      Looking at {point.seq === null ? "the start" : `step @${point.seq} of @${head}`}.
      {viewer.source.live &&
        !viewer.source.gone &&
        !busy &&
        " Run, Step and Fork here make a new run from it."}
    </span>
    <Link onClick={() => move(looks.points.length - 1)}>Back to now</Link>
  </div>
);

function Graph({ viewer, looks, point, next, hues, visits, move }: Scene) {
  const pick = (action: string): void => {
    const to = visitBefore(viewer.looks.points, viewer.looks.at, action);
    if (to >= 0) move(to);
  };
  return (
    <GraphView
      graph={looks.overview.graph}
      visits={visits}
      step={point.step}
      next={next}
      hues={hues}
      onPick={pick}
      breakpoints={looks.control.breakpoints}
      onBreak={viewer.source.live ? (action, condition) => void viewer.breakAt(action, condition) : undefined}
    />
  );
}

/** The chat on the run, where there is a kernel to answer and an action to hear. */
function Chatting(scene: Scene) {
  const { chat } = scene.looks.control;
  return chat && <ChatBox chat={chat} {...scene} />;
}

/** The chat alone: how the run stands, what was said, a box for messages. */
const ChatPart = (scene: Scene) => (
  <>
    <Header {...scene} />
    <Chatting {...scene} />
  </>
);

/** Whether the step in view is asked for; of a run that goes on it is told soon. */
const isAwaited = ({ late, run }: Scene): boolean => late && run?.status !== "running";

function Details(scene: Scene) {
  const { viewer, id, looks, run, atHead, late, edits } = scene;
  const { detail, text } = looks;
  return (
    <DetailView
      id={id}
      detail={detail}
      late={isAwaited(scene)}
      streaming={atHead && run?.status === "running" ? text : ""}
      edits={edits.edits}
      error={looks.error}
      onEdit={viewer.source.live && !viewer.source.gone && !late ? edits.onEdit : undefined}
      onWhole={viewer.source.live && !late ? () => void viewer.whole() : undefined}
      chat={viewer.source.live && looks.control.chat && <Chatting {...scene} />}
      blame={
        looks.blame && (
          <BlameCard
            blame={looks.blame}
            onGo={(seq) => viewer.moveToSeq(seq)}
            onClose={() => void viewer.blame(null)}
          />
        )
      }
    />
  );
}

/** The list of the project's runs, where it is open. */
function Runs({ looks, onSwitch, onCompare, onClose }: Scene & { onClose: () => void }) {
  const closing =
    (act: (run: string) => void) =>
    (to: string): void => {
      act(to);
      onClose();
    };
  return (
    <RunsList
      lines={looks.lines}
      inView={looks.overview.run}
      onPick={closing(onSwitch)}
      onCompare={closing(onCompare)}
      onClose={onClose}
    />
  );
}

function Compared({ viewer, looks, hues }: Scene) {
  if (!looks.comparison) return null;
  const known = [...looks.overview.runs, ...(looks.lines ?? [])];
  return (
    <CompareView
      comparison={looks.comparison}
      nameOf={(id) => labelIn(known, id)}
      hues={hues}
      onClose={() => void viewer.compare(null)}
    />
  );
}

/** A graph is drawn so much larger than life, where that leaves enough of the width to the details. */
const LARGER = 1.3;

function Whole(scene: Scene) {
  const { viewer, atHead, looks } = scene;
  const { live } = viewer.source;
  const [listed, list] = useState(false);
  const onList = (): void => {
    if (!listed) void viewer.listRuns();
    list(!listed);
  };
  return (
    <>
      <Header {...scene} {...(live && { listed, onList })} />
      {listed && <Runs {...scene} onClose={() => list(false)} />}
      {live && <Toolbar {...scene} />}
      {!atHead && <Banner {...scene} />}
      <div class="na-middle" style={`--na-share: ${looks.overview.graph.width * LARGER}px`}>
        <Graph {...scene} />
        <Details {...scene} />
      </div>
      <Compared {...scene} />
      <TimelineView {...scene} />
    </>
  );
}

const PARTS = { panel: Whole, graph: Graph, state: Details, slider: TimelineView, chat: ChatPart };

function reachOf(viewer: Viewer): Reach {
  const image = (id: string, mime: string): Promise<string> => viewer.image(id, mime);
  if (!viewer.source.live) return { image };
  return {
    image,
    page: (path, start) => viewer.page(path, start),
    blame: (path) => void viewer.blame(path),
  };
}

/** The panel, or one part of it. */
export function Panel({ viewer, part = "panel" }: { viewer: Viewer; part?: Part }) {
  const scene = useScene(viewer);
  const reach = useMemo(() => reachOf(viewer), [viewer]);
  const Shown = PARTS[part];
  return (
    <ReachContext.Provider value={reach}>
      <section class={`na-panel na-part-${part}`} aria-label="Agent" onKeyDown={onHelp}>
        <Shown {...scene} />
      </section>
    </ReachContext.Provider>
  );
}
