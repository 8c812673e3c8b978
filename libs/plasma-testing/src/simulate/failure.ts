/** What a run can fail with, and whether two runs fail alike. */

export interface Failure {
  readonly kind:
    | "invariant"
    | "op"
    | "args"
    | "mutator on the device"
    | "mutator run again"
    | "mutator on the server"
    | "unhandled rejection"
    | "no rest";
  /** The invariant or the mutator that it concerns; empty if none. */
  readonly name: string;
  /** How it is told. Of two runs that fail alike it may differ: it says which rows and values there were. */
  readonly text: string;
}

export function isAlike(one: Failure, other: Failure): boolean {
  return one.kind === other.kind && one.name === other.name;
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message || error.name : String(error);
}
