import { Icon, type IconName } from "./icons.tsx";

interface ActProps {
  name: string;
  icon: IconName;
  title: string;
  onClick: () => void;
  disabled?: boolean;
  primary?: boolean;
  expanded?: boolean | undefined;
  /** What has become of it, such as `queued`. */
  state?: string | undefined;
}

/** A command's button. */
export const Act = ({ name, icon, title, onClick, expanded, state, ...is }: ActProps) => (
  <button
    type="button"
    class={`na-button ${is.primary ? "na-primary" : ""}`}
    title={title}
    disabled={is.disabled ?? false}
    aria-expanded={expanded}
    onClick={onClick}
  >
    <Icon name={icon} />
    {name}
    {state && <small class="na-state"> {state}</small>}
  </button>
);
