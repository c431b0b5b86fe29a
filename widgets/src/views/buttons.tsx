/** Every button but those that stand in a drawing. */
import type { ButtonHTMLAttributes } from "preact";
import { Icon, type IconName } from "./icons.tsx";

type Button = ButtonHTMLAttributes<HTMLButtonElement>;

/** Words in a line that do something. */
export const Link = (props: Button) => <button type="button" class="na-link" {...props} />;

/** A button in a form. */
export const Plain = (props: Button) => <button type="button" class="na-button" {...props} />;

/** The button that a form is for. */
export const Go = (props: Button) => <button type="submit" class="na-button na-primary" {...props} />;

/** Words beside the commands that open something. */
export const Quiet = (props: Button) => <button type="button" class="na-quiet" {...props} />;

interface ToolProps extends Omit<Button, "icon" | "class"> {
  name: string;
  icon: IconName;
  class?: string;
}

/** A picture that does something. */
export const Tool = ({ name, icon, class: kind = "", ...is }: ToolProps) => (
  <button type="button" class={`na-tool ${kind}`} aria-label={name} title={name} {...is}>
    <Icon name={icon} />
  </button>
);

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
  <Plain
    class={`na-button ${is.primary ? "na-primary" : ""} ${is.brief ? "na-brief" : ""}`}
    title={first || title}
    disabled={is.disabled || !!first}
    aria-expanded={expanded}
    onClick={onClick}
  >
    <Icon name={icon} />
    <span class="na-act-name">{name}</span>
    {state && <small class="na-queued"> {state}</small>}
  </Plain>
);
