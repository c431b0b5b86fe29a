/** Ways to ask who wrote a value. */
import { useContext } from "preact/hooks";
import { Tool } from "./buttons.tsx";
import { ReachContext } from "./reach.ts";
import type { Path } from "./value.tsx";

/** A name that asks, when it is pressed, who wrote what it names; plain text where nobody can tell. */
export function Who({ name, path, class: kind }: { name: string; path: Path; class: string }) {
  const { blame } = useContext(ReachContext);
  if (!blame || !path) return <span class={kind}>{name}</span>;
  return (
    <button type="button" class={`na-who ${kind}`} title="Who wrote this?" onClick={() => blame(path)}>
      {name}
    </button>
  );
}

/** The same as a picture, beside a key that does something else when it is pressed. */
export function WhoTool({ name, path }: { name: string; path: Path }) {
  const { blame } = useContext(ReachContext);
  if (!blame || !path) return null;
  return <Tool name={`Who wrote ${name}`} icon="who" onClick={() => blame(path)} />;
}

/** What a click on a value does: it asks, unless text was selected or something inside was pressed. */
export function useAsking(path: Path): { onClick?: (event: MouseEvent) => void } {
  const { blame } = useContext(ReachContext);
  if (!blame || !path) return {};
  const onClick = (event: MouseEvent): void => {
    const { target, view } = event as MouseEvent & { target: Element };
    if (target.closest("button, summary, img") || view?.getSelection()?.type === "Range") return;
    event.stopPropagation();
    blame(path);
  };
  return { onClick };
}
