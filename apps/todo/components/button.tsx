/** The two kinds of button: one with words, and one with an icon and a name for those who do not see it. */

import type { ComponentProps } from "react";
import { Icon } from "./icon";
import type { IconName } from "./icon";

const LOOKS = {
  primary: "px-4 bg-accent text-white hover:brightness-110 disabled:opacity-60",
  plain: "px-4 border border-line bg-surface text-ink hover:border-edge",
  quiet: "px-3 text-soft hover:bg-sunken hover:text-ink",
  danger: "px-4 bg-danger text-surface hover:brightness-110",
} as const;

interface ButtonProps extends ComponentProps<"button"> {
  readonly look?: keyof typeof LOOKS;
}

export function Button({ look = "plain", className = "", ...props }: ButtonProps) {
  return (
    <button
      type="button"
      className={`inline-flex min-h-10 items-center justify-center gap-2 rounded-xl text-sm font-medium transition-colors ${LOOKS[look]} ${className}`}
      {...props}
    />
  );
}

interface IconButtonProps extends Omit<ComponentProps<"button">, "aria-label" | "children"> {
  readonly icon: IconName;
  readonly label: string;
}

export function IconButton({ icon, label, className = "", ...props }: IconButtonProps) {
  return (
    <button
      type="button"
      aria-label={label}
      title={label}
      className={`inline-flex size-9 shrink-0 items-center justify-center rounded-lg text-soft transition-colors hover:bg-sunken hover:text-ink ${className}`}
      {...props}
    >
      <Icon name={icon} className="size-[1.125rem]" />
    </button>
  );
}
