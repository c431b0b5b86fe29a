import { changed, count, counted, dollars, duration } from "../format.ts";
import type { CallWire, CheckWire, DecisionWire, Detail, DiffWire, ValueWire } from "../wire.ts";
import { Message } from "./chat.tsx";
import { Fold } from "./fold.tsx";
import { Icon } from "./icons.tsx";
import { Name } from "./name.tsx";
import { Nothing } from "./nothing.tsx";
import { Output } from "./stream.tsx";
import { Value } from "./value.tsx";

const SIGNS = { added: "+", changed: "~", removed: "−" } as const;

/** How much is shown of what is the same before and after a change. */
const AROUND = 80;

/** A text with what differs from the other marked; of what is the same only the nearest is shown. */
function Marked({ text, other }: { text: string; other: string }) {
  const [from, to] = changed(text, other);
  return (
    <span class="na-text na-block">
      {from > AROUND && "…"}
      {text.slice(Math.max(0, from - AROUND), from)}
      <mark>{text.slice(from, to)}</mark>
      {text.slice(to, to + AROUND)}
      {text.length > to + AROUND && "…"}
    </span>
  );
}

type SideProps = { side: string; value: ValueWire | undefined; other: ValueWire | undefined };

/** What stood there before or after, if anything did; an empty text is told by the other side alone. */
const Side = ({ side, value, other }: SideProps) =>
  value === undefined || (value === "" && other !== undefined) ? null : (
    <div class={side}>
      {typeof value === "string" && typeof other === "string" && other ? (
        <Marked text={value} other={other} />
      ) : (
        <Value value={value} />
      )}
    </div>
  );

const Change = ({ diff }: { diff: DiffWire }) => (
  <li class={`na-diff na-diff-${diff.kind}`}>
    <div class="na-diff-head">
      <span class="na-sign" aria-hidden="true">
        {SIGNS[diff.kind]}
      </span>
      <code>{diff.path}</code>
      <span class="na-summary">{diff.kind}</span>
    </div>
    <Side side="na-before" value={diff.before} other={diff.after} />
    <Side side="na-after" value={diff.after} other={diff.before} />
  </li>
);

/** What the step changed, by path. */
export const DiffView = ({
  diff,
  none = "This step changed nothing in the state.",
}: {
  diff: DiffWire[];
  none?: string;
}) =>
  diff.length === 0 ? (
    <Nothing>{none}</Nothing>
  ) : (
    <ul class="na-diffs">
      {diff.map((one) => (
        <Change key={`${one.kind} ${one.path}`} diff={one} />
      ))}
    </ul>
  );

function tokens(call: CallWire): string {
  const { tokensIn, tokensOut } = call;
  if (tokensIn === null && tokensOut === null) return "tokens unknown";
  return `${count(tokensIn ?? 0)} → ${count(tokensOut ?? 0)} tok`;
}

const Badge = ({ text, kind }: { text: string; kind: string }) => (
  <span class={`na-badge na-badge-${kind}`}>{text}</span>
);

const CallHead = ({ call }: { call: CallWire }) => (
  <>
    <strong>{call.model ?? "model unknown"}</strong>
    {call.branch && <code>{call.branch}</code>}
    <span class="na-summary">
      {call.endpoint} · {call.host}
    </span>
    <span class="na-figures">
      {call.replayed && <Badge kind="replayed" text="replayed" />}
      {call.streamed && <Badge kind="plain" text="streamed" />}
      {call.error !== null && (
        <Badge kind="failed" text={call.status === null ? "failed" : `${call.status}`} />
      )}
      <span>{tokens(call)}</span>
      <span title={call.firstMs === null ? "" : `first token after ${duration(call.firstMs)}`}>
        {duration(call.ms)}
      </span>
      <span>{dollars(call.cost)}</span>
    </span>
  </>
);

const Call = ({ call }: { call: CallWire }) => (
  <li class={call.error === null ? "" : "na-has-error"}>
    <Fold class="na-call" open head={<CallHead call={call} />}>
      {() => (
        <>
          <ol class="na-chat">
            {call.messages.map((message, i) => (
              <Message key={i} bubble={{ ...message, type: "text" }} />
            ))}
          </ol>
          {call.error !== null && <p class="na-problem">{call.error}</p>}
          {call.output !== null && (
            <div class="na-output">
              <span class="na-role">output</span>
              <Output call={call} />
            </div>
          )}
        </>
      )}
    </Fold>
  </li>
);

/** The LLM calls that the step made. */
export const CallsView = ({ calls, moreCalls }: Pick<Detail, "calls" | "moreCalls">) =>
  calls.length === 0 ? (
    <Nothing>This step made no LLM call.</Nothing>
  ) : (
    <ol class="na-calls">
      {calls.map((call) => (
        <Call key={call.id} call={call} />
      ))}
      {moreCalls && <li class="na-cut">… {counted(moreCalls, "call")} more</li>}
    </ol>
  );

const ANSWERS = { true: "true", false: "false", null: "not asked" } as const;

function Check({ check, taken }: { check: CheckWire; taken: boolean }) {
  const answer = `${check.result}` as keyof typeof ANSWERS;
  return (
    <tr class={taken ? "na-taken" : ""}>
      <td class={`na-answer na-answer-${answer}`}>
        <Icon name={check.result === null ? "minus" : check.result ? "check" : "cross"} />
        <span>{ANSWERS[answer]}</span>
      </td>
      <td>
        <code>{check.condition}</code>
        {check.operands.map(([name, value]) => (
          <div key={name} class="na-operand">
            <span class="na-key">{name}</span> {value}
          </div>
        ))}
      </td>
      <td>
        <Name of={check.target} />
      </td>
    </tr>
  );
}

function takenIndex({ checks, target }: DecisionWire): number {
  return checks.findIndex((check) => check.result === true && check.target === target);
}

const Decision = ({ title, decision }: { title: string; decision: DecisionWire }) => (
  <section class="na-decision">
    <h3>{title}</h3>
    <p class="na-edge">
      <code>{decision.source}</code> <span class="na-arrow">→</span>{" "}
      {decision.target === null ? <em>no edge: the run ends</em> : <code>{decision.target}</code>}
    </p>
    {decision.checks.length > 0 && (
      <table>
        <thead>
          <tr>
            <th scope="col">Result</th>
            <th scope="col">Condition</th>
            <th scope="col">Leads to</th>
          </tr>
        </thead>
        <tbody>
          {decision.checks.map((check, i) => (
            <Check key={i} check={check} taken={i === takenIndex(decision)} />
          ))}
        </tbody>
      </table>
    )}
    {decision.flip && <p class="na-hint">{decision.flip}</p>}
  </section>
);

interface WhyProps {
  action: string | null;
  decision: DecisionWire | null;
  next: DecisionWire | null;
}

/** Why this step's action ran, and what its state leads to. */
export const WhyView = ({ action, decision, next }: WhyProps) => (
  <>
    {decision && <Decision title={`Why ${action ?? "this action"} ran`} decision={decision} />}
    {next && <Decision title="What comes next" decision={next} />}
    {!decision && !next && (
      <Nothing>{action === null ? "Nothing was decided yet." : `${action} is where the run begins.`}</Nothing>
    )}
  </>
);
