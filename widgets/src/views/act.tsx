import { Icon, type IconName } from "./icons.tsx";

interface ActProps {
  name: string;
  icon: IconName;
  title: string;
  onClick: () => void;
  disabled?: boolean;
  /** What has to be done first, if anything; until then it is disabled. */
  first?: string;
  primary?: boolean;
  expanded?: boolean | undefined;
  /** What has become of it, such as `queued`. */
  state?: string | undefined;
  /** Whether a narrow panel shows its picture alone. */
  brief?: boolean;
}

/** A command's button. */
export const Act = ({ name, icon, title, onClick, expanded, state, first, ...is }: ActProps) => (
  <button
    type="button"
    class={`na-button ${is.primary ? "na-primary" : ""} ${is.brief ? "na-brief" : ""}`}
    title={first || title}
    disabled={is.disabled || !!first}
    aria-expanded={expanded}
    onClick={onClick}
  >
    <Icon name={icon} />
    <span class="na-act-name">{name}</span>
    {state && <small class="na-queued"> {state}</small>}
  </button>
);
