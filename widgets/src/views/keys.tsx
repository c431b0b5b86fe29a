import { onEscape, useFocus } from "./form.tsx";

const KEYS = [
  ["Slider", "← → a step · Home End the ends · Space plays"],
  ["Graph", "arrows to another action · Enter its last visit · b a breakpoint"],
  ["Tabs", "← → another tab"],
  ["Runs", "↑ ↓ another run · → ← unfold, fold · Enter turns to it · c compares it"],
  ["Anywhere", "? these keys · Esc closes what is open"],
];

/** What can be done by keyboard, part by part. */
export function Keys({ onClose }: { onClose: () => void }) {
  const first = useFocus<HTMLElement>();
  return (
    <section
      class="na-form na-keys"
      aria-label="Keys"
      tabIndex={-1}
      ref={first}
      onKeyDown={onEscape(onClose)}
    >
      <dl>
        {KEYS.map(([where, what]) => (
          <div key={where}>
            <dt>{where}</dt>
            <dd>{what}</dd>
          </div>
        ))}
      </dl>
    </section>
  );
}

/** Opens the help of keys, unless a text is being written. */
export function onHelp(event: KeyboardEvent & { currentTarget: HTMLElement }): void {
  if (event.key !== "?" || (event.target as Element).matches("textarea, input:not([type=range])")) return;
  event.preventDefault();
  event.currentTarget.querySelector<HTMLElement>("[aria-keyshortcuts]")?.click();
}
