/** A person as a coloured disc with their initial. Decorative: the name stands beside it, or in the control's name. */

interface AvatarProps {
  readonly name: string;
  readonly color: string;
  readonly className?: string;
}

export function Avatar({ name, color, className = "size-7 text-xs" }: AvatarProps) {
  return (
    <span
      aria-hidden="true"
      className={`inline-flex shrink-0 items-center justify-center rounded-full font-semibold text-white ${className}`}
      // Darkened, so that white text is readable on every person's colour.
      style={{ backgroundColor: `color-mix(in oklab, ${color} 86%, black)` }}
    >
      {name.slice(0, 1).toUpperCase()}
    </span>
  );
}
