/** What forms have in common: a name, Enter, Escape, and where one begins to write. */
import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { Plain } from "./buttons.tsx";

interface FormProps {
  label: string;
  class?: string;
  onGo: () => void;
  onClose?: () => void;
  children: ComponentChildren;
}

/** A form that keeps its page; Escape closes it. */
export const Form = ({ label, class: kind = "na-form", onGo, onClose, children }: FormProps) => (
  <form
    class={kind}
    aria-label={label}
    onSubmit={(event) => {
      event.preventDefault();
      onGo();
    }}
    onKeyDown={onClose && onEscape(onClose)}
  >
    {children}
  </form>
);

interface FootProps {
  onCancel: () => void;
  children: ComponentChildren;
}

/** What a form does, and the way out of it. */
export const Foot = ({ onCancel, children }: FootProps) => (
  <div class="na-form-foot">
    {children}
    <Plain onClick={onCancel}>Cancel</Plain>
  </div>
);

/** Calls back at Escape. */
export const onEscape =
  (act: () => void) =>
  (event: KeyboardEvent): void => {
    if (event.key === "Escape") act();
  };

/** Calls back at Enter, where it neither begins a line nor ends a word that is being composed. */
export const onEnter =
  (act: () => void) =>
  (event: KeyboardEvent): void => {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    act();
  };

/** Gives an element the focus when it appears, or `of` is another; where it takes the focus away with it, gives it back. */
export function useFocus<E extends HTMLElement>(wanted = true, of?: unknown) {
  const at = useRef<E>(null);
  useEffect(() => {
    const element = at.current;
    if (!element || !wanted) return undefined;
    const before = (element.getRootNode() as Document).activeElement as HTMLElement | null;
    element.focus();
    return () => {
      if (document.activeElement === document.body) before?.focus();
    };
  }, [of]);
  return at;
}
